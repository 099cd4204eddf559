import type * as pulumi from "@pulumi/pulumi";
import { Callback } from "@pulumi/pulumi/proto/callback_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { acceptTransforms } from "./sdk-internals";

/** Calls `transforms` as the engine does, a resource's own first and then its parents'; mocks refuse them. */
export interface LocalTransforms {
  apply(request: RegisterResourceRequest): Promise<void>;
  /** Tells under which URN a request was registered, so that its children find their parent's transforms. */
  registered(urn: string, request: RegisterResourceRequest): void;
}

export function runTransformsLocally(): LocalTransforms {
  const byToken = new Map<string, pulumi.ResourceTransform>();
  acceptTransforms({
    registerTransform: (transform) => {
      const callback = new Callback();
      callback.setToken(`transform-${byToken.size}`);
      byToken.set(callback.getToken(), transform);
      return Promise.resolve(callback);
    },
    awaitStackRegistrations: () => Promise.resolve(),
    shutdown: () => undefined,
  });

  const inherited = new Map<string, readonly pulumi.ResourceTransform[]>();
  const transformsOf = (request: RegisterResourceRequest): readonly pulumi.ResourceTransform[] => [
    ...request.getTransformsList().flatMap((callback) => byToken.get(callback.getToken()) ?? []),
    ...(inherited.get(request.getParent()) ?? []),
  ];
  return {
    async apply(request) {
      for (const transform of transformsOf(request)) await applyTransform(transform, request);
    },
    registered(urn, request) {
      inherited.set(urn, transformsOf(request));
    },
  };
}

async function applyTransform(transform: pulumi.ResourceTransform, request: RegisterResourceRequest): Promise<void> {
  const result = await transform({
    custom: request.getCustom(),
    type: request.getType(),
    name: request.getName(),
    props: request.getObject()?.toJavaScript() ?? {},
    opts: {},
  });
  if (result === undefined) return;
  if (Object.keys(result.opts).length > 0) throw new Error("only transforms of inputs are applied here");
  request.setObject(Struct.fromJavaScript(result.props));
}
