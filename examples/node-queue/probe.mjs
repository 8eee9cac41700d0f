// Write one record of 32 bytes when a task ends, which is how tqbench sees it. Copy it beside your worker.
//
// Little-endian: number u64, started ns u64, finished ns u64, pid u32, attempt u16 (0), outcome u8, version u8. Times are
// CLOCK_MONOTONIC. Each process appends to PID.probe in TQBENCH_PROBE_DIR, one write a record.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";

export const OK = 1;
export const FAILED = 2;
const VERSION = 1;
let file;

/** The time in nanoseconds, a BigInt. */
export function now() {
  return process.hrtime.bigint();
}

/** Append the record of a task. */
export function record(number, started, finished, outcome) {
  file ??= fs.openSync(path.join(process.env.TQBENCH_PROBE_DIR, `${process.pid}.probe`), "a", 0o644);
  const row = Buffer.alloc(32);
  row.writeBigUInt64LE(BigInt(number), 0);
  row.writeBigUInt64LE(started, 8);
  row.writeBigUInt64LE(finished, 16);
  row.writeUInt32LE(process.pid, 24);
  row.writeUInt8(outcome, 30);
  row.writeUInt8(VERSION, 31);
  fs.writeSync(file, row);
}

let strangers = 0n;

/** Append the record of a task that tqbench did not send: such numbers have bit 63. */
export function foreign() {
  strangers += 1n;
  record((1n << 63n) | (BigInt(process.pid) << 32n) | strangers, now(), now(), OK);
}
