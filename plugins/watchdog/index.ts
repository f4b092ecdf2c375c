/** Kills processes that stop sending heartbeats over UDP; their watcher replaces them. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { CallError, CallTimeout, CircusPlugin, parseSignal, PluginOptionError, type PluginEvent } from "circusd/plugin";
import { WatcherNames } from "../watcher-names.js";
import { Heartbeats, type Silent } from "./heartbeats.js";
import { pythonRegex } from "./python-regex.js";

/** circusd's own helpers, which send no heartbeats. */
const HELPER = /^(plugin:.*|circusd-stats|circushttpd)$/;
/** Strangers of whom is told before it is no news any more. */
const MAX_STRANGERS = 1000;

export class WatchDog extends CircusPlugin {
  readonly #loopRate = this.options.seconds("loop_rate", 60);
  readonly #maxCount = this.options.integer("max_count", 3, { min: 1 });
  readonly #watchers = this.#regex("watchers_regex", ".*");
  readonly #message = this.#regex("msg_regex", "^(?P<pid>.*);(?P<timestamp>.*)$");
  readonly #ip = this.options.text("ip", "127.0.0.1");
  readonly #port = this.options.integer("port", 1664, { min: 0, max: 65535 });
  readonly #how = this.#readHow();
  readonly #names = new WatcherNames(this);
  readonly #heartbeats = new Heartbeats();
  readonly #strangers = new Set<string>();
  #socket: Socket | null = null;
  #lastLook = 0;

  override async handleInit(): Promise<void> {
    if (!/\(\?P?<pid>/.test(this.options.text("msg_regex", "(?P<pid>")))
      throw this.options.mistake("msg_regex", "expected a group (?P<pid>…), which tells who sent the heartbeat");
    await this.#listen();
    await this.#discover();
    this.#lastLook = this.elapsed();
    this.every(this.#loopRate, () => this.#lookAfter());
  }

  override async handleRecv(data: PluginEvent): Promise<void> {
    const [topic, action, message] = this.splitData(data);
    if (action === "remove") return this.#heartbeats.forgetAll((await this.#names.of(topic)) ?? topic);
    if (action !== "spawn" && action !== "reap") return;
    const payload = this.loadMessage(message);
    const pid: unknown = typeof payload === "object" && payload !== null ? Reflect.get(payload, "process_pid") : null;
    if (typeof pid !== "number") return;
    if (action === "reap") return this.#heartbeats.forget(pid);
    const watcher = await this.#names.of(topic);
    if (watcher !== null && this.#isWatched(watcher)) this.#heartbeats.add({ pid, watcher }, this.elapsed());
  }

  override async handleStop(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    socket.close();
    await once(socket, "close");
  }

  async #listen(): Promise<void> {
    const socket = createSocket(isIPv6(this.#ip) ? "udp6" : "udp4");
    socket.bind(this.#port, this.#ip);
    try {
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new PluginOptionError(`Cannot listen for heartbeats at ${this.#ip}:${this.#port} for [plugin:${this.name}]: ${reason}`);
    }
    this.#socket = socket;
    socket.on("message", (text) => this.#hear(text.toString("utf8")));
    socket.on("error", (error) => this.log.error(`Cannot hear heartbeats: ${error.message}`));
    this.log.info(`Watchdog listening UDP on ${this.#ip}:${socket.address().port}`);
  }

  /** Asks for all processes: of those that began before the first event, or whose event was lost, nothing else tells. */
  async #discover(): Promise<void> {
    try {
      for (const watcher of (await this.#names.all()).filter((name) => this.#isWatched(name))) {
        const reply = await this.call("list", { name: watcher });
        if ("pids" in reply) this.#heartbeats.keep(watcher, reply.pids, this.elapsed());
      }
    } catch (error) {
      // A watcher was removed since the list was made, or circusd is busy: there is another look.
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.debug(`Cannot ask for all processes: ${error.message}`);
    }
  }

  #isWatched(watcher: string): boolean {
    return !HELPER.test(watcher) && this.#watchers.test(watcher);
  }

  #hear(text: string): void {
    const pid = this.#message.exec(text.trimEnd())?.groups?.["pid"]?.trim();
    if (pid !== undefined && /^\d+$/.test(pid) && this.#heartbeats.heard(Number(pid), this.elapsed())) return;
    const stranger =
      pid === undefined
        ? "A message that msg_regex does not match"
        : `A heartbeat of process ${JSON.stringify(pid)}, which is not watched,`;
    if (this.#strangers.has(stranger) || this.#strangers.size >= MAX_STRANGERS) return;
    this.#strangers.add(stranger);
    this.log.warning(`${stranger} came in: ${JSON.stringify(text.slice(0, 100))}`);
  }

  async #lookAfter(): Promise<void> {
    const now = this.elapsed();
    const away = now - this.#lastLook > 2 * this.#loopRate;
    this.#lastLook = now;
    // Heartbeats of a time in which this process did not run, such as a machine's sleep, are still to be read.
    if (away) this.#heartbeats.forgive(now);
    await this.#discover();
    for (const silent of this.#heartbeats.takeSilent(now - this.#loopRate * this.#maxCount)) await this.#kill(silent);
  }

  async #kill({ pid, watcher }: Silent): Promise<void> {
    this.log.warning(`watcher:${watcher}, pid:${pid} is not responding. Kill it !`);
    try {
      await this.call("kill", { name: watcher, pid, ...this.#how });
    } catch (error) {
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.warning(`Cannot kill process ${pid} of "${watcher}": ${error.message}`);
    }
  }

  #regex(key: string, byDefault: string): RegExp {
    try {
      return pythonRegex(this.options.text(key, byDefault));
    } catch (error) {
      throw this.options.mistake(key, `expected a regular expression, but ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What differs from a stop of the watcher. */
  #readHow(): { readonly signum?: number; readonly graceful_timeout?: number } {
    const text = this.options.text("watchers_stop_signal");
    const signal = text === null ? null : parseSignal(text);
    if (text !== null && signal === null) throw this.options.mistake("watchers_stop_signal", "expected a signal such as TERM or 15");
    const patience = this.options.number("watchers_graceful_timeout", -1);
    if (patience < 0 && this.options.text("watchers_graceful_timeout") !== null)
      throw this.options.mistake("watchers_graceful_timeout", "expected seconds of 0 or more");
    return { ...(signal === null ? {} : { signum: signal.number }), ...(patience < 0 ? {} : { graceful_timeout: patience }) };
  }
}
