// Note why a task failed, for the report.
//
// Each process writes its first error once, to PID.failure next to its probe file: a line of its type and text, and a line
// of the innermost frame, such as "in shop.mjs, line 7".
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import {directory} from "./probe.mjs";

/** Bytes of a file. */
const LIMIT = 1024;
let noted = false;

/**
 * Write an error unless this process has written one. A fault here is no fault of the task's.
 * @param {unknown} error
 */
export function note(error) {
  if (noted) return;
  noted = true;
  const place = cut(innermost(error), LIMIT / 2);
  const line = cut(text(error), LIMIT - place.length - 1);
  try {
    fs.writeFileSync(path.join(directory, `${process.pid}.failure`), Buffer.concat([line, Buffer.from("\n"), place]), {flag: "wx"});
  } catch {
    // The report then has no reason, but the trial still counts the failure.
  }
}

/**
 * The type and the text of an error, on one line.
 * @param {unknown} error
 */
function text(error) {
  try {
    const whole = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return whole.slice(0, LIMIT).split(/\s+/).join(" ").replace(/[: ]+$/, "");
  } catch {
    return typeof error; // its text is the application's own code
  }
}

/**
 * The innermost frame of an error, or nothing if it has none.
 * @param {unknown} error
 */
function innermost(error) {
  const stack = error instanceof Error ? error.stack : undefined;
  const frame = /^ {4}at (?:.*\()?(.*?):(\d+):\d+\)?$/m.exec(typeof stack === "string" ? stack : "");
  return frame?.[1] ? `in ${path.basename(frame[1])}, line ${frame[2]}\n` : "";
}

/**
 * At most limit bytes of a text, in whole characters.
 * @param {string} whole
 * @param {number} limit
 */
function cut(whole, limit) {
  const into = Buffer.alloc(limit);
  const {written} = new TextEncoder().encodeInto(whole, into);
  return into.subarray(0, written);
}
