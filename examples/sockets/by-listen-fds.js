// Serves HTTP on every socket that it was given in the way of systemd: descriptors from 3 on, their number in
// LISTEN_FDS, their names in LISTEN_FDNAMES, and in LISTEN_PID for whom they are meant.
import { createServer } from "node:http";

const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = "" } = process.env;
if (Number(LISTEN_PID) !== process.pid) throw new Error("the sockets are not meant for this process");

LISTEN_FDNAMES.split(":")
  .slice(0, Number(LISTEN_FDS))
  .forEach((name, index) => {
    const server = createServer((request, response) => {
      response.end(`${name}, descriptor ${index + 3}, pid ${process.pid}\n`);
    });
    process.once("SIGTERM", () => server.close());
    server.listen({ fd: index + 3 });
  });
