/** The floor of requests: a ROUTER socket that sends back what it gets. Argument: its endpoint. Ends with its standard input. */
import { Router } from "zeromq";

const router = new Router({ sendTimeout: 0, linger: 0 });
await router.bind(process.argv[2] ?? "");
console.log("ready");
process.stdin.on("end", () => process.exit()).resume();
for await (const frames of router) await router.send(frames);
