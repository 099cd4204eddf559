/** A volume that is a directory of this machine, and the claim that is bound to it. */
export function claimedDirectory(name: string, namespace: string, path: string): readonly object[] {
  const size = { storage: "1Gi" };
  const shared = { storageClassName: "shared", accessModes: ["ReadWriteMany"] };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: { ...shared, capacity: size, hostPath: { path } },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace },
      spec: { ...shared, volumeName: name, resources: { requests: size } },
    },
  ];
}
