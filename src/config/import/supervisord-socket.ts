/** The socket of an [fcgi-program:NAME], which its processes get as standard input. */
import type { Draft } from "./draft.js";
import type { OptionsReader } from "./options-reader.js";

/** @returns the name of the socket, or null where there is none to read */
export function writeSocket(draft: Draft, name: string, reader: OptionsReader): string | null {
  const address = reader.expand("socket", reader.raw("socket") ?? "", (word) => (word === "program_name" ? name : null));
  const owner = reader.take("socket_owner");
  const mode = reader.take("socket_mode");
  const backlog = reader.take("socket_backlog");
  const path = /^unix:\/\/(\/.*)$/.exec(address)?.[1];
  const [, host, port] = /^tcp:\/\/([^\s:]+):(\d+)$/.exec(address) ?? [];
  if (path === undefined && host === undefined) {
    draft
      .section(`watcher:${name}`)
      .note(`socket = ${address}: neither unix:///PATH nor tcp://HOST:PORT; write a [socket:${name}] and stdin_socket = ${name}`);
    return null;
  }
  const socket = draft.section(`socket:${name}`);
  if (path !== undefined) {
    socket.set("path", path);
    socket.set("replace", true);
    // supervisord's own mode is 0700.
    socket.set("umask", (0o777 & ~Number.parseInt(/^[0-7]+$/.test(mode ?? "") ? (mode ?? "") : "700", 8)).toString(8).padStart(3, "0"));
    if (owner !== null)
      socket.note(`socket_owner = ${owner}: the file belongs to the user of circusd; let hooks.before_start give it away with chown`);
  } else {
    socket.set("host", host ?? "");
    socket.set("port", port ?? "");
  }
  if (backlog !== null) socket.set("backlog", backlog);
  // Programs that speak FastCGI wait for connections in accept(2).
  socket.set("blocking", true);
  return name;
}
