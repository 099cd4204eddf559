import type { RouterProcess } from "../../src/engines/smg/router";
import type { RouterPlacement } from "../../src/manifests/placement";

export const router: RouterPlacement = {
  namespace: "client1",
  name: "client1-router",
  client: "client1",
  role: "router",
  image: "lightseekorg/smg:1.13.0",
  imagePullSecrets: [],
  serviceAccount: "client1-router",
  cpuCores: 8,
  memoryGib: 16,
};

export const routerProcess: RouterProcess = {
  command: ["smg"],
  args: ["launch", "--api-key", "$(SMG_API_KEY)"],
  env: [{ name: "SMG_API_KEY", secret: { name: "client1-keys", key: "api" } }],
  ports: { http: 30000, metrics: 29000, health: 29001 },
  readiness: { path: "/readiness", port: 29001, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  liveness: { path: "/liveness", port: 29001, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  shutdownGraceSeconds: 240,
};
