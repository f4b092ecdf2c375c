/** Sends requests to a web server without pause until its standard input ends. Arguments: port, "keep-alive" or "new". */
import { Agent, get } from "node:http";
import { finished } from "node:stream/promises";

const CLIENTS = 8;
const [port = "", connections] = process.argv.slice(2);
const agent = new Agent({ keepAlive: connections === "keep-alive", maxSockets: CLIENTS });
let going = true;
let requests = 0;
let failed = 0;
let longest = 0;

function ask(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume();
      finished(response).then(() => (response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`))), reject);
    });
    request.on("error", reject);
  });
}

async function client(): Promise<void> {
  while (going) {
    const begun = performance.now();
    await ask().catch(() => (failed += 1));
    requests += 1;
    longest = Math.max(longest, performance.now() - begun);
  }
}

process.stdin.on("end", () => (going = false)).resume();
await Promise.all(Array.from({ length: CLIENTS }, client));
agent.destroy();
console.log(JSON.stringify({ requests, failed, longest }));
