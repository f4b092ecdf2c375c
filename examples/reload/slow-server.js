// Takes its time for every request, and finishes what it has begun when it is asked to go.
import { createServer } from "node:http";

const [fd] = process.argv.slice(2);

const server = createServer((request, response) => {
  response.setHeader("connection", "close");
  response.write(`begun by ${process.pid}, `);
  setTimeout(() => response.end("finished\n"), 1000);
});

process.once("SIGTERM", () => server.close());
server.listen({ fd: Number(fd) });
