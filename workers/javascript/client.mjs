// The client's side of the protocol of lines: one JSON object a line, each answered with one.
import process from "node:process";
import readline from "node:readline";
import {now} from "./probe.mjs";

const VERSION = 1;

/** @typedef {{seq: number, task: string, args: unknown[]}} Task */

/**
 * Answer the harness until its input ends.
 * @param {(tasks: Task[]) => Promise<void>} send Enqueues all of the tasks, or throws and enqueues none.
 */
export async function serve(send) {
  for await (const line of readline.createInterface({input: process.stdin})) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line), send))}\n`);
  }
}

/**
 * @param {{tqbench?: number, send?: Task[], alone?: boolean}} asked
 * @param {(tasks: Task[]) => Promise<void>} send
 */
async function answer(asked, send) {
  if (asked.tqbench) return {tqbench: VERSION, alone: true};
  if (!asked.send) return {error: "unknown request"};
  if (asked.alone) return alone(asked.send, send);
  try {
    await send(asked.send);
    return {taken: asked.send.length};
  } catch (error) {
    return {taken: 0, error: String(error)};
  }
}

/**
 * Enqueue tasks one after another, as one caller does, and say when each was sent and accepted.
 * @param {Task[]} tasks
 * @param {(tasks: Task[]) => Promise<void>} send
 */
async function alone(tasks, send) {
  /** @type {[number, number][]} */
  const times = [];
  try {
    for (const task of tasks) {
      const sent = now();
      await send([task]);
      times.push([Number(sent), Number(now())]);
    }
    return {taken: times.length, times};
  } catch (error) {
    return {taken: times.length, times, error: String(error)};
  }
}
