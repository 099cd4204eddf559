import * as pulumi from "@pulumi/pulumi";
import { checkImage } from "../manifests/image";
import { refusal } from "./refusal";

type LateImage = Exclude<pulumi.Input<string>, string>;

/** An image known now was checked already; one that comes as an output is checked on its way into the pod. */
export function gatedImage(name: string, path: string, image: LateImage): pulumi.Output<string> {
  return pulumi.output(image).apply((value) => {
    const problems = checkImage(value).map((problem) => ({ ...problem, path }));
    if (problems.length > 0) throw refusal(name, problems, "it was not created");
    return value;
  });
}
