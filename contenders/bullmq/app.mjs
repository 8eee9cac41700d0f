// BullMQ's worker, which runs the shared task bodies, and its client.
//
//     node app.mjs worker
//     node app.mjs client
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
import {Queue, Worker} from "bullmq";
import {serve} from "../../workers/javascript/client.mjs";
import {foreign} from "../../workers/javascript/probe.mjs";
import {BODIES, outbox} from "../../workers/javascript/tasks.mjs";

const QUEUE = process.env["TQBENCH_QUEUE"] ?? "default";
const SETTINGS = JSON.parse(process.env["TQBENCH_SETTINGS"] ?? "{}");

/** How to connect. BullMQ makes a client of ioredis for each worker and each queue. */
function connection() {
  const {tls, ...options} = SETTINGS.connection ?? {};
  options.url = process.env["TQBENCH_BROKER_URL"] ?? "redis://localhost:6379";
  if (!tls) return options;
  const files = ["ca", "cert", "key"].filter((name) => tls[name]).map((name) => [name, fs.readFileSync(tls[name])]);
  return {...options, tls: {...tls, ...Object.fromEntries(files)}};
}

/** @param {unknown} error */
function complain(error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
}

function open() {
  const queue = new Queue(QUEUE, {connection: connection(), defaultJobOptions: SETTINGS.jobs});
  queue.on("error", complain);
  return queue;
}

/**
 * A task as a job.
 * @param {string} task
 * @param {unknown[]} args
 */
function job(task, args) {
  return {name: task, data: args, opts: {jobId: randomUUID()}};
}

/**
 * Run a job, and record one that is not ours: anyone can put anything into a queue.
 * @param {import("bullmq").Job} given
 */
async function run({name, data}) {
  const body = BODIES.get(name);
  if (body && Array.isArray(data)) {
    const [seq, ...args] = data;
    await body(seq, ...args);
  } else {
    foreign();
  }
}

/** Run jobs until SIGTERM, and then end those that have begun. */
async function work() {
  const queue = open();
  outbox.send = async (task, ...args) => {
    const {name, data, opts} = job(task, args);
    await queue.add(name, data, opts);
  };
  const worker = new Worker(QUEUE, run, {connection: {...connection(), maxRetriesPerRequest: null}, ...SETTINGS.worker});
  worker.on("error", complain);
  process.once("SIGTERM", async () => {
    await worker.close();
    await queue.close();
  });
}

/** Enqueue what the harness asks for. */
async function send() {
  const queue = open();
  await queue.waitUntilReady();
  await serve(async (tasks) => {
    const jobs = tasks.map(({task, args}) => job(task, args));
    const [only] = jobs;
    if (only && jobs.length === 1) {
      await queue.add(only.name, only.data, only.opts);
    } else {
      await queue.addBulk(jobs);
    }
  });
  await queue.close();
}

const [, , command] = process.argv;
await (command === "worker" ? work() : send());
