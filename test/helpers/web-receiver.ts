/** A web server for one test, which keeps what it is asked for and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface WebRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface WebReceiver {
  readonly url: string;
  /** As they came, oldest first. */
  readonly requests: readonly WebRequest[];
  close(): Promise<void>;
}

export interface WebSetting {
  /** Answers a request, or leaves it without an answer. Default: an empty 200. */
  readonly answer?: (response: ServerResponse, request: WebRequest) => void;
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface Cleanup {
  after(run: () => Promise<void>): void;
}

export async function webReceiver(t: Cleanup, { answer = (response) => void response.end(), tls }: WebSetting = {}): Promise<WebReceiver> {
  const requests: WebRequest[] = [];
  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = incoming;
    const request = { method, path: url, headers, body: await text(incoming) };
    requests.push(request);
    answer(response, request);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    take(incoming, response).catch(() => response.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  t.after(close);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`, requests, close };
}
