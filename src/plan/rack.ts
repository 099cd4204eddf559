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
  /** CPU cores per tray, and how many of them an engine pod asks for unless told. */
  readonly coresPerTray: number;
  readonly usualCoresPerTray: number;
  /** GiB of host memory per tray, and how much of it an engine pod takes unless told. */
  readonly memoryGibPerTray: number;
  readonly usualMemoryGibPerTray: number;
  /** Value of the node label `kubernetes.io/arch`. */
  readonly architecture: "arm64" | "amd64";
  /** Whether all trays map each other's GPU memory over NVLink, and pods join that by a ComputeDomain. */
  readonly nvlinkDomain: boolean;
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
  // Two Grace CPUs of 72 cores, and their LPDDR5X.
  coresPerTray: 144,
  usualCoresPerTray: 120,
  memoryGibPerTray: 960,
  usualMemoryGibPerTray: 850,
  architecture: "arm64",
  nvlinkDomain: true,
  nvlinkBytesPerSecond: 900e9,
};

/**
 * Nodes of 8 H200 with a network between them: what source 002 ran on. Here a "tray" is such a node, and eighteen are as
 * many as a stack may name. 141 GB of HBM3e are 131.3 GiB; cores and memory are those of a DGX H200 (NVIDIA data sheets).
 */
export const hgxH200: RackShape = {
  name: "HGX H200",
  trays: 18,
  gpusPerTray: 8,
  usableGibPerGpu: 129,
  coresPerTray: 112,
  usualCoresPerTray: 96,
  memoryGibPerTray: 2048,
  usualMemoryGibPerTray: 1800,
  architecture: "amd64",
  nvlinkDomain: false,
  nvlinkBytesPerSecond: 450e9,
};

/** Hardware by the name a stack config uses. */
export const hardwareNames = ["gb200-nvl72", "hgx-h200"] as const;
export type HardwareName = (typeof hardwareNames)[number];

const racks: Readonly<Record<HardwareName, RackShape>> = { "gb200-nvl72": gb200Nvl72, "hgx-h200": hgxH200 };

export function findRack(name: string): RackShape | undefined {
  return Object.hasOwn(racks, name) ? racks[name as HardwareName] : undefined;
}

/** Of a name that was checked. */
export function rackNamed(name: string): RackShape {
  const rack = findRack(name);
  if (rack === undefined) throw new Error(`unchecked hardware ${name}`);
  return rack;
}
