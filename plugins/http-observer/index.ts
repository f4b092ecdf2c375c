/** Fetches a page, sends the time that it took to a statsd, and restarts a watcher when it fails. */
import { performance } from "node:perf_hooks";
import type { PluginContext } from "circusd/plugin";
import { HealthObserver, type Health } from "../statsd/health-observer.js";
import { fetchPage } from "./fetch.js";

export class HttpObserver extends HealthObserver {
  protected override readonly family = "http_stats";
  protected override readonly subject: string;
  readonly #url: URL;
  readonly #insecure = this.options.flag("insecure", false);

  constructor(context: PluginContext) {
    super(context, { application: "http_observer", timeout: 10, restarts: "restart_on_error" });
    const text = this.options.text("check_url", "http://localhost/");
    if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
      throw this.options.mistake("check_url", "expected a URL that begins with http:// or https://");
    }
    this.#url = new URL(text);
    const shown = new URL(text);
    if (shown.password !== "") shown.password = "***";
    this.subject = shown.href;
  }

  protected override async ask(signal: AbortSignal): Promise<Health> {
    const start = performance.now();
    const fetched = await fetchPage(this.#url, { insecure: this.#insecure, signal });
    if (fetched.kind === "failed") return { kind: "ill", code: fetched.status, reason: fetched.reason };
    const milliseconds = Math.trunc(performance.now() - start);
    return { kind: "well", report: () => this.statsd.timed(`${this.family}.request_time`, milliseconds) };
  }
}
