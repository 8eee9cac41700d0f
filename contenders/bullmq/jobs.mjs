// The tasks as BullMQ's jobs: how they are run, and how they are enqueued.
//
// Environment; unset settings are as installed:
//
//     TQBENCH_BROKER_URL  Redis
//     TQBENCH_QUEUE       the queue
//     TQBENCH_SETTINGS    JSON: {"worker": options of Worker, "jobs": default options of jobs, "connection": options of
//                         ioredis; those for TLS name files}
import {randomUUID} from "node:crypto";
import fs from "node:fs";
import process from "node:process";
import {Queue} from "bullmq";
import {foreign} from "../../workers/javascript/probe.mjs";
import {BODIES, outbox} from "../../workers/javascript/tasks.mjs";

export const QUEUE = process.env["TQBENCH_QUEUE"] ?? "default";
export const SETTINGS = JSON.parse(process.env["TQBENCH_SETTINGS"] ?? "{}");

/** How to connect. BullMQ makes a client of ioredis for each worker and each queue. */
export function connection() {
  const {tls, ...options} = SETTINGS.connection ?? {};
  options.url = process.env["TQBENCH_BROKER_URL"] ?? "redis://localhost:6379";
  if (!tls) return options;
  const files = ["ca", "cert", "key"].filter((name) => tls[name]).map((name) => [name, fs.readFileSync(tls[name])]);
  return {...options, tls: {...tls, ...Object.fromEntries(files)}};
}

/**
 * Write an error of a connection. BullMQ and ioredis connect again.
 * @param {unknown} error
 */
export function complain(error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
}

/** @type {Queue | undefined} */
let opened;

/** The queue to send to, which is opened at the first call. */
export function queue() {
  opened ??= new Queue(QUEUE, {connection: connection(), defaultJobOptions: SETTINGS.jobs}).on("error", complain);
  return opened;
}

/** Close that queue, if it is open. */
export async function closeQueue() {
  await opened?.close();
}

/**
 * A task as a job.
 * @param {string} task
 * @param {unknown[]} args
 */
export function job(task, args) {
  return {name: task, data: args, opts: {jobId: randomUUID()}};
}

/**
 * Run a job, and record one that is not ours: anyone can put anything into a queue.
 * @param {{name: string, data: unknown}} given
 */
export async function run({name, data}) {
  const body = BODIES.get(name);
  if (body && Array.isArray(data)) {
    const [seq, ...args] = data;
    await body(seq, ...args);
  } else {
    foreign();
  }
}

outbox.send = async (task, ...args) => {
  const {name, data, opts} = job(task, args);
  await queue().add(name, data, opts);
};
