// Task bodies, defined once. They do the work of those in Python: a test compares their results. A contender's program only
// registers those in BODIES.
import crypto from "node:crypto";
import process from "node:process";
import {setTimeout as sleep} from "node:timers/promises";
import {promisify} from "node:util";
import {note} from "./failure.mjs";
import {FAILED, now, OK, record} from "./probe.mjs";

/** @typedef {(seq: number, ...args: any[]) => Promise<void>} Body */

const API = process.env["TQBENCH_MOCKAPI_URL"] ?? "";
const derive = promisify(crypto.pbkdf2);

/** Input of the light CPU task: 25 items, like an answer from an API, byte for byte as the other languages have it. */
export const ITEMS = `{"items": [${Array.from(
  {length: 25},
  (_, i) => `{"id": ${i}, "name": "item ${i}", "price": ${(i * 1.5).toFixed(1)}}`,
).join(", ")}], "meta": {"active": true}}`;

/** How a task enqueues another: the contender's program sets its framework's way. */
export const outbox = {
  /** @type {(task: string, seq: number, ...args: unknown[]) => Promise<void>} */
  send: async () => {
    throw new Error("no way to enqueue was set");
  },
};

/**
 * Make body(...) a task task(seq, ...) that leaves a probe record, on success or failure.
 * @template {unknown[]} P
 * @param {(...args: P) => unknown} body
 * @returns {(seq: number, ...args: P) => Promise<void>}
 */
export function measured(body) {
  return async (seq, ...args) => {
    const started = now();
    let outcome = FAILED;
    try {
      await body(...args);
      outcome = OK;
    } catch (error) {
      note(error);
      throw error;
    } finally {
      record(seq, started, now(), outcome);
    }
  };
}

/** The mock API refused, as it does at a stated rate, to test a framework's retry. */
class APIError extends Error {
  name = "APIError";
}

/**
 * Call the mock API. A process keeps its connections.
 * @param {string} method
 * @param {string} path
 */
async function call(method, path) {
  const answer = await fetch(`${API}${path}`, {method, signal: AbortSignal.timeout(30_000)});
  const text = await answer.text(); // whole, so that the connection can be used again
  if (answer.status !== 200) throw new APIError(`the mock API answered ${answer.status}`);
  JSON.parse(text);
}

/**
 * The product of the whole numbers from low to high, multiplied in pairs of similar size.
 * @param {number} low
 * @param {number} high
 * @returns {bigint}
 */
function product(low, high) {
  if (high - low < 16) {
    let out = BigInt(low);
    for (let i = low + 1; i <= high; i++) out *= BigInt(i);
    return out;
  }
  const middle = (low + high) >> 1;
  return product(low, middle) * product(middle + 1, high);
}

/** How often the light CPU task reads its document. */
export const ROUNDS = 20;

/**
 * Read a JSON document.
 * @param {string} text
 * @returns {unknown}
 */
export function parsed(text) {
  return JSON.parse(text);
}

/**
 * Hash this much data, made here.
 * @param {number} mebibytes
 */
export function digested(mebibytes) {
  return crypto.createHash("sha256").update(Buffer.alloc(mebibytes << 20)).digest();
}

/**
 * Derive a key in that many iterations, in a thread of libuv's pool.
 * @param {number} iterations
 */
export function derived(iterations) {
  return derive("x".repeat(64), "salt", iterations, 32, "sha256");
}

/**
 * Multiply big numbers and write the last digits out.
 * @param {number} n
 */
export function multiplied(n) {
  return String(product(1, n) % 10n ** 2000n);
}

/** Do nothing: the rest is the cost of the queue itself. */
function noop() {}

/**
 * Take the arguments: the cost is their way here.
 * @param {unknown} _value
 */
function payload(_value) {}

/**
 * Occupy the process, so that a round of these reaches every process of the pool. It blocks the event loop on purpose.
 * @param {number} holdMs
 */
function ready(holdMs) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs);
}

/** Fail as an application would, to measure the framework's error path. */
function fail() {
  throw new Error("planned failure");
}

/**
 * Get a user from the mock API, which takes that long.
 * @param {number} latencyMs
 */
function user(latencyMs) {
  return call("GET", `/users/1?latency=${latencyMs}`);
}

/** Read a small JSON document 20 times: light work for the CPU, well under a millisecond. */
function parse() {
  for (let i = 0; i < ROUNDS; i++) parsed(ITEMS);
}

/**
 * Look up an order and enqueue its charge. Task number seq + stride is the order's next step.
 * @type {Body}
 */
async function orderValidate(seq, stride) {
  await measured(call)(seq, "GET", `/orders/${seq}?latency=150`);
  await outbox.send("order_charge", seq + stride, stride);
}

/**
 * Charge an order and enqueue its confirmation. One in twenty is declined at first. The order's position in the stride
 * decides, so that every run declines the same ones.
 * @type {Body}
 */
async function orderCharge(seq, stride) {
  await measured(call)(seq, "POST", `/charges/${seq}?latency=200&error_rate=0.05&draw=${seq % stride}`);
  await outbox.send("order_email", seq + stride, stride);
}

/**
 * Confirm an order and enqueue the stock update.
 * @type {Body}
 */
async function orderEmail(seq, stride) {
  await measured(sleep)(seq, 100);
  await outbox.send("order_inventory", seq + stride, stride);
}

/**
 * Update the stock: the order's last step.
 * @type {Body}
 */
async function orderInventory(seq) {
  await measured(sleep)(seq, 50);
}

/**
 * The tasks. Of those that compute, pbkdf2 runs next to the event loop, as in an application that must not block it.
 * @type {ReadonlyMap<string, Body>}
 */
export const BODIES = new Map([
  ["noop", measured(noop)],
  ["payload", measured(payload)],
  ["ready", measured(ready)],
  ["fail", measured(fail)],
  ["fetch", measured(user)],
  ["parse", measured(parse)],
  ["digest", measured(digested)],
  ["pbkdf2", measured(derived)],
  ["factorial", measured(multiplied)],
  ["order_validate", orderValidate],
  ["order_charge", orderCharge],
  ["order_email", orderEmail],
  ["order_inventory", orderInventory],
]);
