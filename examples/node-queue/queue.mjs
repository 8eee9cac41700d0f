// A queue over Redis lists: a task is moved to the list of its worker, and taken off that when it has ended.
//
//     node queue.mjs worker URL QUEUE CONCURRENCY ATTEMPTS DELAY_MS
//     node queue.mjs client URL QUEUE
import process from "node:process";
import readline from "node:readline";
import {setTimeout as sleep} from "node:timers/promises";
import {createClient} from "redis";
import {FAILED, foreign, now, OK, record} from "./probe.mjs";

/** Connect, and give up when the connection is lost. */
async function connect(url) {
  const client = createClient({url, socket: {reconnectStrategy: false}});
  client.on("error", (e) => fatal(e));
  return client.connect();
}

function fatal(e) {
  process.stderr.write(`${e}\n`);
  process.exit(1);
}

const TASKS = {
  noop: async () => {},
  // Holds the process, so that a round of these reaches each.
  ready: async (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  sleep: (ms) => sleep(ms),
  fail: async () => {
    throw new Error("planned failure");
  },
};

/** Run a task and tell whether it ended well. */
async function run(job) {
  const task = TASKS[job.task];
  if (!task) {
    foreign();
    return true;
  }
  const [seq, ...args] = job.args;
  const started = now();
  let outcome = FAILED;
  try {
    await task(...args);
    outcome = OK;
  } catch (e) {
    process.stderr.write(`task ${job.task} failed: ${e}\n`);
  }
  record(seq, started, now(), outcome);
  return outcome === OK;
}

/** Run tasks one after another until SIGTERM. */
async function slot(url, queue, attempts, delay, going) {
  const client = await connect(url);
  const taken = `${queue}:taken`;
  while (going()) {
    const text = await client.blMove(queue, taken, "RIGHT", "LEFT", 0.5);
    if (text === null) continue;
    const job = JSON.parse(text);
    if (!(await run(job)) && (job.attempt ?? 1) < attempts) {
      await sleep(delay);
      await client.lPush(queue, JSON.stringify({...job, attempt: (job.attempt ?? 1) + 1}));
    }
    await client.lRem(taken, -1, text);
  }
  await client.close();
}

async function worker(url, queue, concurrency, attempts, delay) {
  let ended = false;
  process.on("SIGTERM", () => (ended = true));
  const slots = Array.from({length: Number(concurrency)}, () => slot(url, queue, Number(attempts), Number(delay), () => !ended));
  await Promise.all(slots);
}

/** Enqueue what the harness asks for, by its protocol of lines. */
async function client(url, queue) {
  const redis = await connect(url);
  for await (const line of readline.createInterface({input: process.stdin})) {
    const asked = JSON.parse(line);
    let answer = {tqbench: 1};
    if (asked.send) {
      await redis.lPush(queue, asked.send.map(({task, args}) => JSON.stringify({task, args})));
      answer = {taken: asked.send.length};
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await redis.close();
}

const [, , what, ...args] = process.argv;
await {worker, client}[what](...args).catch(fatal);
