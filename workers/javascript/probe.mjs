// Write one fixed-size record when a task ends.
//
// Little-endian, 32 bytes: sequence number u64, started ns u64, finished ns u64, pid u32, attempt u16 (0), outcome u8,
// version u8. Times are CLOCK_MONOTONIC, the clock that the harness reads. Each process appends to PID.probe in
// TQBENCH_PROBE_DIR, with one write a record and no buffer, so that a process killed with SIGKILL loses no finished task.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import {threadId} from "node:worker_threads";

export const OK = 1;
export const FAILED = 2;
const VERSION = 1;

/** Set in numbers of tasks that the harness did not send. */
const FOREIGN = 1n << 63n;

/** @type {number | undefined} */
let file;
// Threads have different numbers.
let strangers = BigInt(threadId) << 20n;
const row = Buffer.alloc(32);
row.writeUInt32LE(process.pid, 24);
row.writeUInt8(VERSION, 31);

/** The folder for this process's records. */
export const directory = process.env["TQBENCH_PROBE_DIR"] ?? "";

/** The time in nanoseconds of CLOCK_MONOTONIC. */
export function now() {
  return process.hrtime.bigint();
}

/**
 * Append one record. The attempt stays 0: the harness counts the records of each number.
 * @param {unknown} seq
 * @param {bigint} started
 * @param {bigint} finished
 * @param {number} outcome
 */
export function record(seq, started, finished, outcome) {
  if (typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0) {
    write(BigInt(seq), started, finished, outcome);
  } else {
    foreign(); // never a sent number
  }
}

/** Append the record of a task that the harness did not send: numbered within its process. */
export function foreign() {
  const moment = now();
  write(FOREIGN | (BigInt(process.pid) << 32n) | (strangers & 0xffff_ffffn), moment, moment, OK);
  strangers += 1n;
}

/**
 * @param {bigint} number
 * @param {bigint} started
 * @param {bigint} finished
 * @param {number} outcome
 */
function write(number, started, finished, outcome) {
  file ??= fs.openSync(path.join(directory, `${process.pid}.probe`), "a", 0o644);
  row.writeBigUInt64LE(number, 0);
  row.writeBigUInt64LE(started, 8);
  row.writeBigUInt64LE(finished, 16);
  row.writeUInt8(outcome, 30);
  fs.writeSync(file, row);
}
