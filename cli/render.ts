import { stringify } from "yaml";
import { Problems } from "../src/problems";
import { clientManifests } from "../stacks/client-manifests";
import { rackManifests } from "../stacks/rack-manifests";
import { inFile, readStackFiles } from "../stacks/stack-files";

/**
 * Everything the stacks of a folder would create, as YAML for `kubectl apply`: to read, to keep in a repository, or where
 * there is no Pulumi. The same objects as the components create, from the same functions.
 *
 * @throws {RefusedError} with the problems of all stacks.
 */
export function renderDirectory(directory: string): string {
  const { clients, racks } = readStackFiles(directory);
  const problems = new Problems();
  const documents: object[] = racks.flatMap(({ config }) => rackManifests(config));
  for (const { file, config, share } of clients) {
    const rendered = clientManifests(config, share, directory);
    if ("manifests" in rendered) documents.push(...rendered.manifests);
    else problems.addBelow("", inFile(file, rendered.problems));
  }
  problems.throwIfAny("the rack");
  // kubectl reads YAML 1.1, to which a bare `y` is a boolean.
  const options = { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;
  return documents.map((document) => stringify(document, options)).join("---\n");
}
