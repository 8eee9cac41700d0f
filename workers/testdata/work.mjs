// The counterpart of work.py for the task bodies in JavaScript, whose folder is the argument.
import fs from "node:fs";
import process from "node:process";

const {BODIES, derived, digested, ITEMS, multiplied, outbox, parsed, ROUNDS} = await import(`${process.argv[2]}/tasks.mjs`);

const sent = [];
outbox.send = async (...task) => {
  sent.push(task);
};
for (const [name, ...args] of JSON.parse(fs.readFileSync("calls.json", "utf8"))) {
  await BODIES.get(name)(...args).catch(() => {}); // the record has it
}
console.log(
  JSON.stringify({
    digest: digested(3).toString("hex"),
    derived: (await derived(1000)).toString("hex"),
    multiplied: multiplied(3000),
    document: ITEMS,
    parsed: parsed(ITEMS),
    rounds: ROUNDS,
    sent,
  }),
);
