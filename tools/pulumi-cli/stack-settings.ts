import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { PulumiWorkspace } from "./workspace";

/*
 * `pulumi stack init` writes the salt of the stack's passphrase into the stack's configuration file. The committed
 * files must not change for that: a stack that lives and dies with a simulated rack has nothing to say in them, and
 * a salt made for one passphrase would lock out everybody who uses another. So the stack is made from a directory
 * that holds nothing but the project's name, where Pulumi leaves the salt, and what it reads later is a copy of the
 * committed file with the salt added.
 */

/** Directory from which stacks are made; afterwards it holds their salts. */
export function settingsDirectory(workspace: PulumiWorkspace): string {
  const directory = join(workspace.directory, "stacks");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "Pulumi.yaml"), `name: ${projectName(workspace)}\nruntime: nodejs\n`);
  return directory;
}

/** The file to pass as `--config-file`; undefined when Pulumi should use the committed one itself. */
export function configFile(workspace: PulumiWorkspace, stack: string): string | undefined {
  if (workspace.backend !== undefined) return undefined;
  const committed = committedConfig(workspace, stack);
  const text = existsSync(committed) ? readFileSync(committed, "utf8") : "";
  if (hasSecretsOfItsOwn(text)) return undefined;
  const settings = join(workspace.directory, "stacks", `Pulumi.${stack}.yaml`);
  const salt = existsSync(settings) ? readSalt(readFileSync(settings, "utf8")) : undefined;
  if (salt === undefined) return undefined;
  const directory = join(workspace.directory, "config");
  mkdirSync(directory, { recursive: true });
  const copy = join(directory, `Pulumi.${stack}.yaml`);
  writeFileSync(copy, withSalt(text, salt));
  return copy;
}

/** Adds the salt to a configuration and leaves every other character as it is. */
export function withSalt(text: string, salt: string): string {
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${separator}encryptionsalt: ${salt}\n`;
}

export function readSalt(text: string): string | undefined {
  return /^encryptionsalt: (\S+)$/m.exec(text)?.[1];
}

/** Somebody put secrets in: then the file says itself how they are encrypted. */
export function hasSecretsOfItsOwn(text: string): boolean {
  return /^(encryptionsalt|secretsprovider|encryptedkey):/m.test(text);
}

interface Project {
  readonly name: string;
  readonly stackConfigDir?: string;
}

function readProject(workspace: PulumiWorkspace): Project {
  return parse(readFileSync(join(workspace.project, "Pulumi.yaml"), "utf8")) as Project;
}

function projectName(workspace: PulumiWorkspace): string {
  return readProject(workspace).name;
}

function committedConfig(workspace: PulumiWorkspace, stack: string): string {
  return join(workspace.project, readProject(workspace).stackConfigDir ?? "", `Pulumi.${stack}.yaml`);
}
