/** Whether somebody listens at an endpoint of this host: known at once, where ZeroMQ would wait for a daemon that may come. */
import { connect } from "node:net";

/** Milliseconds; a host that is there answers sooner. */
const PATIENCE = 200;

/** Never rejects. @returns false also for what is no endpoint */
export function isListening(endpoint: string): Promise<boolean> {
  const [, path, host, port] = /^(?:ipc:\/\/(.+)|tcp:\/\/(.+):(\d+))$/.exec(endpoint) ?? [];
  if (path === undefined && !(Number(port) > 0 && Number(port) < 65536)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = path === undefined ? connect(Number(port), host?.replace(/^\[|\]$/g, "")) : connect(path);
    const end = (there: boolean): void => {
      socket.destroy();
      resolve(there);
    };
    socket.setTimeout(PATIENCE, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
