// Serves HTTP on the descriptor whose number is its argument.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  response.end(`web, pid ${process.pid}\n`);
});

process.once("SIGTERM", () => server.close());
server.listen({ fd: Number(process.argv[2]) });
