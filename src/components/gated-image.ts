import * as pulumi from "@pulumi/pulumi";
import { checkImage } from "../manifests/image";
import { lateRefusal } from "./refusal";

/** An image known now was checked already; one that comes as an output is checked on its way into the pod. */
export function gatedImage(name: string, path: string, image: pulumi.Input<string>): pulumi.Input<string> {
  if (typeof image === "string") return image;
  return pulumi.output(image).apply((value) => {
    const problems = checkImage(value).map((problem) => ({ ...problem, path }));
    if (problems.length > 0) throw lateRefusal(name, problems);
    return value;
  });
}
