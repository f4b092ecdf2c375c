// Serves on the socket that circusd hands over, so that both processes share one port.
import http from "node:http";

const server = http.createServer((request, response) => response.end(`${process.pid}\n`));
server.listen({ fd: Number(process.argv[2]) });
process.on("SIGTERM", () => server.close(() => process.exit(0)));
