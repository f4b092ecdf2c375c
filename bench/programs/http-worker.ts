/** A web server on an inherited socket that finishes what it has begun on SIGTERM. Argument: the number of the descriptor. */
import { createServer } from "node:http";
import { Server } from "node:net";

let closing = false;
const server = createServer((_request, response) => {
  // A client learns here that its connection ends, so it does not send another request into it.
  if (closing) response.setHeader("connection", "close");
  setTimeout(() => response.end("hello\n"), 2);
});
server.keepAliveTimeout = 60_000;
server.listen({ fd: Number(process.argv[2]) });
process.once("SIGTERM", () => {
  closing = true;
  // That of http would also close connections on which a request may just be on its way.
  Server.prototype.close.call(server, () => process.exit(0));
});
