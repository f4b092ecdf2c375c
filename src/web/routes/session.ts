/** Who is logged in, and what they may talk to. */
import type { SessionInfo } from "../api.js";
import { whoAsks, type App } from "../http.js";
import type { DaemonView } from "../view/daemon-view.js";

export interface SessionParts {
  readonly daemons: ReadonlyMap<string, DaemonView>;
  readonly version: string;
}

export function serveSession(app: App, { daemons, version }: SessionParts): void {
  app.get("/api/v1/session", { config: { access: "read" } }, (request): SessionInfo => {
    const { user, role } = whoAsks(request);
    return { user, role, daemons: [...daemons.values()].map(({ info }) => info), version };
  });
}
