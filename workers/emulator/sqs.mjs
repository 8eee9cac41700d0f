// Serves fauxqs on one address: node sqs.mjs HOST PORT. Its own command listens on all interfaces and names queues by a
// host that only some resolvers know.
import { buildApp } from "./node_modules/fauxqs/dist/app.js";
import { SqsStore } from "./node_modules/fauxqs/dist/sqs/sqsStore.js";

const [host, port] = [process.argv[2], Number(process.argv[3])];
const sqsStore = new SqsStore();
sqsStore.buildQueueUrl = (name) => `http://${host}:${port}/000000000000/${name}`;
const app = buildApp({ logger: false, defaultRegion: "us-east-1", stores: { sqsStore } });
await app.listen({ port, host });
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => app.close().then(() => process.exit(0)));
}
