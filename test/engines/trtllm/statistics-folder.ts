/** The bytes of a .safetensors file of counts, as `safetensors.torch.save_file` lays them out. */
export function safetensors(counts: Readonly<Record<string, readonly number[]>>, dtype: "I32" | "I64" = "I64"): Buffer {
  const size = dtype === "I64" ? 8 : 4;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [key, values] of Object.entries(counts)) {
    const data = Buffer.alloc(values.length * size);
    values.forEach((value, i) =>
      size === 8 ? data.writeBigInt64LE(BigInt(value), i * size) : data.writeInt32LE(value, i * size),
    );
    header[key] = { dtype, shape: [values.length], data_offsets: [offset, offset + data.length] };
    offset += data.length;
    parts.push(data);
  }
  // The header is padded with spaces so that the data behind it is aligned.
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...parts]);
}
