// Serves fauxqs on one address: node sqs.mjs HOST PORT KEYFILE. Its own command listens on all interfaces, names queues by a
// host that only some resolvers know, and serves requests whoever signed them.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { buildApp } from "./node_modules/fauxqs/dist/app.js";
import { SqsStore } from "./node_modules/fauxqs/dist/sqs/sqsStore.js";

const [host, port] = [process.argv[2], Number(process.argv[3])];
const sqsStore = new SqsStore();
sqsStore.buildQueueUrl = (name) => `http://${host}:${port}/000000000000/${name}`;
const app = buildApp({ logger: false, defaultRegion: "us-east-1", stores: { sqsStore } });

// The access key's name is the secret here, drawn at random for each server: who doesn't know it is refused. To compute the
// signature again, too, would make the emulator slower and keep no one else out, since other users can't read loopback.
const digest = (text) => createHash("sha256").update(text).digest();
const key = digest(readFileSync(process.argv[4], "utf8").trim());
app.addHook("onRequest", (request, reply, done) => {
  const name = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (timingSafeEqual(digest(name), key)) {
    done();
    return;
  }
  const type = "InvalidClientTokenId";
  reply.code(403).header("x-amzn-query-error", `${type};Sender`).type("application/x-amz-json-1.0");
  reply.send(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: "The access key is not this server's." }));
});

// A client that went away while it waited for messages gets none: they are for the next one at once, not after their visibility
// timeout.
app.addHook("onSend", async (request, reply, payload) => {
  const { socket } = request.raw;
  if (typeof payload === "string" && (socket.destroyed || !socket.writable)) {
    for (const [, handle] of payload.matchAll(/"ReceiptHandle":"([^"]+)"/g)) {
      for (const queue of sqsStore.queues.values()) queue.changeVisibility(handle, 0);
    }
  }
  return payload;
});

await app.listen({ port, host });
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => app.close().then(() => process.exit(0)));
}
