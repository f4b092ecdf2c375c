/** Tells somebody of what happens to watchers: by a webhook, by a command, and never too often. */
import { hostname } from "node:os";
import { CircusPlugin, matcher, topicName, type PluginContext, type PluginEvent } from "circusd/plugin";
import { delayOf } from "../deadline.js";
import { Chronicle, CIRCUS_EVENTS, OWN_EVENTS } from "./chronicle.js";
import { Demises } from "./demises.js";
import type { Notice } from "./notice.js";
import { MAX_WAITING, Outbox } from "./outbox.js";
import { RateLimit } from "./rate-limit.js";
import { readReceivers } from "./receivers.js";

/** What goes wrong without anybody having asked for it. */
const BY_DEFAULT = [...OWN_EVENTS, "hook_failure"];

export class Notifier extends CircusPlugin {
  readonly #events: ReadonlySet<string>;
  readonly #watchers: readonly ((name: string) => boolean)[];
  readonly #chronicle: Chronicle;
  readonly #demises = new Demises(this);
  readonly #rate: RateLimit;
  readonly #outboxes: readonly Outbox[];
  readonly #hurry = new AbortController();
  readonly #end = new AbortController();
  /** Whether the end of the present window is waited for. */
  #armed = false;

  constructor(context: PluginContext) {
    super(context);
    const { options } = this;
    this.#events = this.#readEvents();
    // A name may have blanks in it, which are underscores in events.
    const patterns = options.text("watchers", "*").split(",");
    this.#watchers = patterns.map((pattern) => matcher(topicName(pattern.trim())));
    const attempts = options.integer("flapping_attempts", 3, { min: 2 });
    this.#chronicle = new Chronicle({ attempts, window: options.seconds("flapping_window", 60) });
    this.#rate = new RateLimit({ limit: options.integer("rate_limit", 10, { min: 0 }), window: options.seconds("rate_window", 60) });
    const receiving = { env: process.env, host: hostname(), hurry: this.#hurry.signal, end: this.#end.signal };
    this.#outboxes = readReceivers(options, receiving).map(
      ({ name, tell }) =>
        new Outbox({
          send: tell,
          lost: ({ message }, reason) => this.log.error(`Cannot tell ${name} that "${message}": ${reason}`),
          dropped: (count) => {
            if (count === null) this.log.error(`${MAX_WAITING} notices to ${name} are on their way: what comes now is dropped`);
            else this.log.error(`${count} notices to ${name} were dropped`);
          },
        }),
    );
  }

  override async handleRecv(data: PluginEvent): Promise<void> {
    const [watcher, action, message] = this.splitData(data);
    const told = action === "stop" ? await this.#demises.wasTold(watcher) : null;
    const notices = this.#chronicle.take(watcher, action, { payload: this.loadMessage(message), now: this.now(), told });
    if (!this.#watchers.some((fits) => fits(watcher))) return;
    for (const notice of notices) if (this.#events.has(notice.event)) this.#notify(notice);
  }

  /** What is on its way gets one more attempt, within the timeout of one. */
  override async handleStop(): Promise<void> {
    this.#hurry.abort();
    this.#tellHeld();
    const timeout = this.options.seconds("timeout", 10);
    const timer = setTimeout(() => this.#end.abort(new Error("the plugin stops")), delayOf(timeout));
    await Promise.all(this.#outboxes.map((outbox) => outbox.empty()));
    clearTimeout(timer);
  }

  #notify(notice: Notice): void {
    if (this.#rate.admit(notice, this.now())) return this.#put(notice);
    if (this.#armed) return;
    this.#armed = true;
    this.after(this.#rate.remaining(this.now()), () => {
      this.#armed = false;
      this.#tellHeld();
    });
  }

  #tellHeld(): void {
    const summary = this.#rate.summary(this.now());
    if (summary !== null) this.#put(summary);
  }

  #put(notice: Notice): void {
    for (const outbox of this.#outboxes) outbox.put(notice);
  }

  #readEvents(): ReadonlySet<string> {
    const names = this.options.words("events");
    const known = [...OWN_EVENTS, ...CIRCUS_EVENTS];
    const strange = names.find((name) => !known.includes(name));
    if (strange !== undefined) {
      throw this.options.mistake("events", `there is no event "${strange}"; expected some of ${known.join(", ")}`);
    }
    return new Set(names.length === 0 ? BY_DEFAULT : names);
  }
}
