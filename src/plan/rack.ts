/**
 * What a rack is made of. The schedulable unit is the tray: a ComputeDomain channel can be claimed once per node,
 * so an engine pod takes all four GPUs of its tray (NVIDIA k8s-dra-driver-gpu, channel 0 per node).
 */
export interface RackShape {
  readonly name: string;
  readonly trays: number;
  readonly gpusPerTray: number;
  /** GiB free per GPU once the CUDA context and NCCL are up, before any weight is loaded. */
  readonly usableGibPerGpu: number;
  /** CPU cores per tray (two Grace CPUs of 72 cores). */
  readonly coresPerTray: number;
  /** GiB of LPDDR5X per tray. */
  readonly memoryGibPerTray: number;
  /** NVLink bandwidth per GPU and direction, bytes per second. */
  readonly nvlinkBytesPerSecond: number;
}

/**
 * GB200 NVL72: 18 compute trays of 4 GPUs in one NVLink domain (NVIDIA GB200 NVL72 data sheet).
 * 179.73 GiB is "Load weight begin, avail mem" of the published SGLang decode log of source 001 (EP48, NVFP4).
 */
export const gb200Nvl72: RackShape = {
  name: "GB200 NVL72",
  trays: 18,
  gpusPerTray: 4,
  usableGibPerGpu: 179.73,
  coresPerTray: 144,
  memoryGibPerTray: 960,
  nvlinkBytesPerSecond: 900e9,
};
