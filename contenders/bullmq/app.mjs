// BullMQ's worker, which runs the shared task bodies, and its client. Their environment is in jobs.mjs.
//
//     node app.mjs worker
//     node app.mjs threads    each job in a thread
//     node app.mjs client
import process from "node:process";
import {Worker} from "bullmq";
import {serve} from "../../workers/javascript/client.mjs";
import {closeQueue, complain, connection, job, QUEUE, queue, run, SETTINGS} from "./jobs.mjs";

/**
 * Run jobs until SIGTERM, and then end those that have begun.
 * @param {typeof run | URL} how
 */
function work(how) {
  const options = {connection: {...connection(), maxRetriesPerRequest: null}, useWorkerThreads: how instanceof URL, ...SETTINGS.worker};
  const worker = new Worker(QUEUE, how, options);
  worker.on("error", complain);
  process.once("SIGTERM", async () => {
    await worker.close();
    await closeQueue();
  });
}

/** Enqueue what the harness asks for. */
async function send() {
  await queue().waitUntilReady();
  await serve(async (tasks) => {
    const jobs = tasks.map(({task, args}) => job(task, args));
    const [only] = jobs;
    if (only && jobs.length === 1) {
      await queue().add(only.name, only.data, only.opts);
    } else {
      await queue().addBulk(jobs);
    }
  });
  await closeQueue();
}

switch (process.argv[2]) {
  case "worker":
    work(run);
    break;
  case "threads":
    work(new URL("processor.mjs", import.meta.url));
    break;
  default:
    await send();
}
