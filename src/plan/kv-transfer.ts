/**
 * Setting up one KV transfer between engines, beside its bytes: bootstrap and registration take 10 to 50 ms in real
 * stacks (an estimate, not a measurement). The bytes themselves take less than a millisecond over NVLink.
 */
export const handshakeSeconds = 0.02;
