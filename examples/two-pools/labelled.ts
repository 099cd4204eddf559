import type * as pulumi from "@pulumi/pulumi";

/** Adds labels to every Kubernetes object, and leaves those of pods alone: they are what selectors and roll-outs see. */
export function labelled(labels: Readonly<Record<string, string>>): pulumi.ResourceTransform {
  return ({ type, props, opts }) => {
    if (!isObject(type, props)) return undefined;
    const { metadata } = props;
    return { props: { ...props, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } }, opts };
  };
}

interface KubernetesObject {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

function isObject(type: string, props: unknown): props is KubernetesObject {
  return type.startsWith("kubernetes:") && typeof props === "object" && props !== null && "metadata" in props;
}
