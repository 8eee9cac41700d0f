// A job in a thread: BullMQ imports this file there and calls its default export.
export {run as default} from "./jobs.mjs";
