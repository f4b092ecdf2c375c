// A worker: an http server on a socket that circusd has bound.
//
//     server.js FD WID
import { createServer } from "node:http";

const [fd, wid] = process.argv.slice(2);

const server = createServer((request, response) => {
  response.end(`Hello from worker ${wid}, pid ${process.pid}\n`);
});

server.listen({ fd: Number(fd) }, () => {
  console.log(`worker ${wid} is up, pid ${process.pid}`);
});

// circusd asks politely first: answer what was begun, take nothing new, and go.
process.once("SIGTERM", () => {
  server.close();
});
