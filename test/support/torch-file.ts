import { crc32 } from "node:zlib";

/**
 * Writes the file that SGLang's recorder writes with `torch.save`, byte for byte, so that what reads it can be tested
 * on numbers of a test's choice. Held against files of torch itself in test/fixtures/recorder.
 */
export interface RecorderDump {
  readonly steps: number;
  readonly layers: number;
  readonly experts: number;
  /** [step][layer][expert], one after the other. 64 bits wide for engines that count so. */
  readonly counts: Int32Array | BigInt64Array;
  /** Only where the engine measures it; null as a rule. */
  readonly averageUtilization?: number;
}

export interface TorchFileOptions {
  /** torch names the folder in the archive after the file, without its ending. */
  readonly archive: string;
  /** The device that the tensor was on: `cuda:0` in a recording of an engine. */
  readonly location: string;
}

export function torchFile(dump: RecorderDump, { archive, location }: TorchFileOptions): Buffer {
  const { buffer, byteOffset, byteLength } = dump.counts;
  const records: [string, Buffer][] = [
    ["data.pkl", pickled(dump, location)],
    [".format_version", Buffer.from("1")],
    [".storage_alignment", Buffer.from("64")],
    ["byteorder", Buffer.from("little")],
    ["data/0", Buffer.from(buffer, byteOffset, byteLength)],
    ["version", Buffer.from("3\n")],
  ];
  // torch hashes the names and contents of the records into forty digits; nobody reads them.
  const hash = (text: string): string => String(crc32(text)).padStart(20, "0");
  const contents = records.map(([, content]) => crc32(content)).join();
  records.push([".data/serialization_id", Buffer.from(hash(records.map(([name]) => name).join()) + hash(contents))]);
  return zipped(records.map(([name, content]) => [`${archive}/${name}`, content]));
}

/** Protocol 2 of Python's pickle, with the memo numbers that its writer gives. */
function pickled({ steps, layers, experts, counts, averageUtilization }: RecorderDump, location: string): Buffer {
  const parts: Buffer[] = [];
  let memo = 0;
  const put = (...bytes: (string | number | Buffer)[]): void => {
    for (const byte of bytes) {
      parts.push(typeof byte === "number" ? Buffer.of(byte) : typeof byte === "string" ? Buffer.from(byte) : byte);
    }
  };
  const remember = (): void => put("q", memo++);
  const text = (value: string): void => {
    put("X", uint32(Buffer.byteLength(value)), value);
    remember();
  };
  const named = (module: string, name: string): void => {
    put(`c${module}\n${name}\n`);
    remember();
  };
  const triple = (...values: readonly number[]): void => {
    put(...values.map(integer), 0x87);
    remember();
  };

  put(0x80, 2, "}");
  remember();
  put("(");
  text("rank");
  put(integer(0));
  text("logical_count");
  named("torch._utils", "_rebuild_tensor_v2");
  put("((");
  text("storage");
  named("torch", counts instanceof Int32Array ? "IntStorage" : "LongStorage");
  text("0");
  text(location);
  put(integer(counts.length), "t");
  remember();
  put("Q", integer(0)); // the storage, read from its beginning
  triple(steps, layers, experts);
  triple(layers * experts, experts, 1);
  put(0x89);
  named("collections", "OrderedDict");
  put(")R");
  remember();
  put("t");
  remember();
  put("R");
  remember();
  text("average_utilization_rate_over_window");
  put(averageUtilization === undefined ? "N" : float(averageUtilization), "u.");
  return Buffer.concat(parts);
}

function integer(value: number): Buffer {
  if (value < 256) return Buffer.of(0x4b, value);
  if (value < 65536) return Buffer.of(0x4d, value & 0xff, value >> 8);
  return Buffer.concat([Buffer.from("J"), uint32(value)]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9, "G");
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

const alignment = 64;

/** A zip as torch writes it: stored, contents aligned by padding in front, sums and sizes behind them. */
function zipped(records: readonly (readonly [string, Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of records) {
    const path = Buffer.from(name);
    // The padding's own head takes four bytes, and there is always some.
    const rest = (offset + 30 + path.length + 4) % alignment;
    const padding = Buffer.alloc(alignment - rest, "Z");
    const extra = Buffer.concat([Buffer.from("FB"), uint16(padding.length), padding]);
    const sums = [uint32(crc32(content)), uint32(content.length), uint32(content.length)];
    const lengths = [uint16(path.length), uint16(extra.length)];
    const whole = Buffer.concat([
      ...[signature("\x03\x04"), uint16(0), flags, Buffer.alloc(18), ...lengths, path, extra],
      ...[content, signature("\x07\x08"), ...sums],
    ]);
    directory.push(
      Buffer.concat([
        ...[signature("\x01\x02"), uint32(0), flags, Buffer.alloc(6), ...sums],
        ...[uint16(path.length), Buffer.alloc(12), uint32(offset), path],
      ]),
    );
    parts.push(whole);
    offset += whole.length;
  }
  return Buffer.concat([...parts, ...directory, ...endOf(directory, offset)]);
}

/** Sizes follow the content (bit 3), names are UTF-8 (bit 11). */
const flags = uint16(0x0808);

/** The end in the form for archives of any size, and in the old form. */
function endOf(directory: readonly Buffer[], offset: number): readonly Buffer[] {
  const count = directory.length;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return [
    ...[signature("\x06\x06"), uint64(44), uint16(0x031e), uint16(45), Buffer.alloc(8)],
    ...[uint64(count), uint64(count), uint64(size), uint64(offset)],
    ...[signature("\x06\x07"), uint32(0), uint64(offset + size), uint32(1)],
    ...[signature("\x05\x06"), uint32(0), uint16(count), uint16(count), uint32(size), uint32(offset), uint16(0)],
  ];
}

function signature(end: string): Buffer {
  return Buffer.from(`PK${end}`);
}

function uint16(value: number): Buffer {
  return Buffer.of(value & 0xff, value >> 8);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
