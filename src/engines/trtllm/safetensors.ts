/** Integers of a .safetensors file by name: the only tensors that expert statistics hold. */
export type IntegerTensors = ReadonlyMap<string, readonly number[]>;

/** A file that breaks off, or holds something else. */
export class SafetensorsError extends Error {}

interface TensorInfo {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

const headerLengthBytes = 8;
/** The format's own limit (huggingface/safetensors README): nobody allocates by a damaged length. */
const longestHeaderBytes = 100_000_000;

/**
 * Eight bytes little-endian say how long the header is; the header is JSON with every tensor's type and place behind it
 * (huggingface/safetensors README, "Format").
 *
 * @throws {SafetensorsError} saying what is wrong.
 */
export function readIntegerTensors(bytes: Uint8Array): IntegerTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < headerLengthBytes)
    throw new SafetensorsError(`${bytes.byteLength} bytes, too few for a header`);
  const headerLength = Number(view.getBigUint64(0, true));
  const start = headerLengthBytes + headerLength;
  if (headerLength > longestHeaderBytes || start > bytes.byteLength) {
    throw new SafetensorsError(`a header of ${headerLength} bytes in a file of ${bytes.byteLength}`);
  }
  const header = headerOf(bytes.subarray(headerLengthBytes, start));
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(tensors.map(([name, info]) => [name, integers(name, info, view, start)]));
}

function headerOf(bytes: Uint8Array): Readonly<Record<string, TensorInfo>> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof header === "object" && header !== null) return header as Readonly<Record<string, TensorInfo>>;
  } catch {
    // Told below, as a header that is JSON of another kind.
  }
  throw new SafetensorsError("a header that is no JSON object");
}

function integers(name: string, info: TensorInfo, view: DataView, start: number): readonly number[] {
  const size = { I32: 4, I64: 8 }[info.dtype];
  if (size === undefined) throw new SafetensorsError(`${name} is of ${info.dtype}, not I32 or I64`);
  const [from, to] = Array.isArray(info.data_offsets) ? info.data_offsets : [NaN, NaN];
  const whole = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to >= from && (to - from) % size === 0;
  if (!whole || start + to > view.byteLength) {
    throw new SafetensorsError(`${name} stands at ${from} to ${to}, outside of the ${view.byteLength - start} bytes`);
  }
  return Array.from({ length: (to - from) / size }, (_, i) => {
    const at = start + from + i * size;
    return size === 4 ? view.getInt32(at, true) : Number(view.getBigInt64(at, true));
  });
}
