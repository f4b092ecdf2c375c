/** What other programs look at: whether the daemon answers, and its metrics. */
import type { FastifyReply } from "fastify";
import type { App } from "../http.js";
import { collect } from "../metrics/collect.js";
import { CONTENT_TYPE, expose } from "../metrics/exposition.js";
import type { DaemonView } from "../view/daemon-view.js";

export interface WatchParts {
  readonly daemons: ReadonlyMap<string, DaemonView>;
}

/** Seconds. */
const ANSWER_TIME = 3;

export function serveWatch(app: App, { daemons }: WatchParts): void {
  const views = [...daemons.values()];
  const scrape = oneAtATime(async () => expose(await Promise.all(views.map(collect))));
  const check = oneAtATime(() => health(views[0]));
  app.get("/metrics", { config: { access: "read" }, schema: METRICS }, async (_request, reply) => {
    const text = await scrape();
    return reply.type(CONTENT_TYPE).send(text);
  });
  app.get("/healthz", { config: { access: "open" }, schema: HEALTH }, async (_request, reply): Promise<FastifyReply> => {
    const reason = await check();
    return reason === null ? reply.send({ status: "ok" }) : reply.code(503).send({ status: "down", reason });
  });
}

const METRICS = { operationId: "metrics", summary: "Metrics in the text format of Prometheus", tags: ["monitoring"] };
const HEALTH = { operationId: "health", summary: "Whether the first daemon answers", tags: ["monitoring"] };

/** Why the daemon does not answer, or null; the words are for everybody, so they tell nothing of this host. */
async function health(view: DaemonView | undefined): Promise<string | null> {
  try {
    const client = await view?.connection();
    await client?.call("numwatchers", {}, { timeout: ANSWER_TIME });
    return client === undefined ? "there is no daemon" : null;
  } catch {
    return `the daemon "${view?.info.id ?? ""}" does not answer`;
  }
}

/** Who asks while an answer is on its way gets the same. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () =>
    (running ??= work().finally(() => {
      running = null;
    }));
}
