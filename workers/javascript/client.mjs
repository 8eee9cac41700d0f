// The client's side of the protocol of lines: one JSON object a line, each answered with one.
import process from "node:process";
import readline from "node:readline";

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
 * @param {{tqbench?: number, send?: Task[]}} asked
 * @param {(tasks: Task[]) => Promise<void>} send
 */
async function answer(asked, send) {
  if (asked.tqbench) return {tqbench: VERSION};
  if (!asked.send) return {error: "unknown request"};
  try {
    await send(asked.send);
    return {taken: asked.send.length};
  } catch (error) {
    return {taken: 0, error: String(error)};
  }
}
