/** `tail`: shows the last lines of watchers and, with -f, follows them over every restart until it is interrupted. */
import { CallTimeout } from "../client/errors.js";
import { systemTimer, type Timer } from "../client/timer.js";
import { encodeJson } from "../wire/codec.js";
import { ERRNO, type Commands } from "../wire/contract.js";
import { refusalOf, type Reply } from "../wire/reply.js";
import { linesOf, tailProperties, type Tailing, type Target } from "./render/tail.js";
import type { Session } from "./session.js";
import { dressLine, type Dress } from "./tail-lines.js";
import { styleOf } from "./terminal.js";

/** Seconds for which a reply is held back where there is nothing new: as long, a daemon that died unseen is waited for in vain. */
const WAIT = 5;

/** Seconds between two questions to a daemon that is about to end, or has just begun. */
const PAUSE = 0.5;

/** A daemon that begins answers before it knows its watchers. */
const CHANCES = 10;

type Properties = Commands["tail"]["properties"];

interface Followed {
  readonly target: Target;
  readonly colour: number;
  readonly properties: Properties;
  cursor: string;
}

/** @returns the exit code: 0 done, 3 where a watcher is not there or its output is not kept */
export async function tail(session: Session, asked: Tailing, timer: Timer = systemTimer): Promise<number> {
  try {
    return await new TailSession(session, asked, timer).run();
  } catch (cause) {
    if (asked.follow && session.interrupt()?.aborted === true) return 0;
    throw cause;
  }
}

class TailSession {
  readonly #session: Session;
  readonly #asked: Tailing;
  readonly #timer: Timer;
  /** The daemon does not answer, and that was told. */
  #away = false;

  constructor(session: Session, asked: Tailing, timer: Timer) {
    this.#session = session;
    this.#asked = asked;
    this.#timer = timer;
  }

  async run(): Promise<number> {
    const { targets, follow } = this.#asked;
    const replies = await Promise.all(targets.map((target) => this.#history(target)));
    const dress = this.#dress(await this.#severalProcesses(replies));
    const shown = replies
      .flatMap((pages, colour) => pages.flatMap((page) => linesOf(page).map((line) => ({ line, colour }))))
      .sort((one, other) => one.line.time - other.line.time);
    await this.#write(shown.map(({ line, colour }) => dressLine(line, { name: targets[colour]?.name ?? "", colour }, dress)));
    const followed: Followed[] = [];
    let refused = false;
    for (const [colour, target] of targets.entries()) {
      const last = replies[colour]?.at(-1);
      if (last === undefined) continue;
      if (this.#refuse(last)) refused = true;
      else followed.push({ target, colour, properties: tailProperties(target, this.#asked), cursor: String(last["cursor"]) });
    }
    if (!follow) return refused ? 3 : 0;
    const ends = await Promise.all(followed.map((one) => this.#follow(one, dress)));
    return ends.includes("interrupted") ? 0 : 3;
  }

  /** The last lines, in as many replies as it takes; the last of these may be a refusal. */
  async #history(target: Target): Promise<readonly Reply[]> {
    const first = tailProperties(target, this.#asked);
    const pages = [await this.#ask(first)];
    let missing = this.#asked.lines - linesOf(pages[0] ?? {}).length;
    for (
      let last = pages[0];
      last !== undefined && missing > 0 && refusalOf(last) === null && linesOf(last).length > 0;
      last = pages.at(-1)
    ) {
      const { lines: _first, ...same } = first;
      const next = await this.#ask({ ...same, after: String(last["cursor"]) });
      const found = linesOf(next).length;
      missing -= found;
      if (found === 0) break;
      pages.push(next);
    }
    return pages;
  }

  async #follow(followed: Followed, dress: Dress): Promise<"interrupted" | "gone"> {
    const { lines: _first, ...same } = followed.properties;
    let chances = 0;
    for (;;) {
      const reply = await this.#askPatiently({ ...same, after: followed.cursor, wait: this.#away ? 0 : WAIT });
      if (reply === "interrupted") return reply;
      if (reply === "silent") {
        chances = CHANCES;
        continue;
      }
      const refusal = refusalOf(reply);
      if (refusal === null) {
        this.#tellBack();
        chances = 0;
        followed.cursor = String(reply["cursor"]);
        await this.#show(reply, followed, dress);
      } else if (refusal.errno === ERRNO.conflict) {
        // It is about to end: that does not last.
        this.#tellAway(refusal.reason);
        chances = CHANCES;
        await this.#pause();
      } else if (chances > 0) {
        chances -= 1;
        await this.#pause();
      } else {
        this.#refuse(reply);
        return "gone";
      }
    }
  }

  async #show(reply: Reply, { target, colour }: Followed, dress: Dress): Promise<void> {
    const missed = Number(reply["missed"]);
    if (missed > 0) this.#say(`${target.name}: ${missed} bytes came faster than they could be shown, and are not kept any more`);
    await this.#write(linesOf(reply).map((line) => dressLine(line, { name: target.name, colour }, dress)));
  }

  async #askPatiently(properties: Properties): Promise<Reply | "silent" | "interrupted"> {
    try {
      return await this.#ask(properties);
    } catch (cause) {
      if (this.#session.interrupt()?.aborted === true) return "interrupted";
      if (!(cause instanceof CallTimeout)) throw cause;
      this.#tellAway("no answer");
      return "silent";
    }
  }

  async #ask(properties: Properties): Promise<Reply> {
    const { client, settings, interrupt } = this.#session;
    const signal = interrupt();
    const timeout = settings.timeout + (properties.wait ?? 0);
    return (await client.send("tail", { ...properties }, { timeout, ...(signal ? { signal } : {}) })).reply;
  }

  /** One process alone needs no name before its lines. */
  async #severalProcesses(replies: readonly (readonly Reply[])[]): Promise<boolean> {
    const [only, ...others] = this.#asked.targets;
    if (others.length > 0) return true;
    if (only.pid !== null) return false;
    const pids = new Set(replies.flatMap((pages) => pages.flatMap((page) => linesOf(page).map(({ pid }) => pid))));
    if (pids.size > 1) return true;
    const { client, settings } = this.#session;
    const { reply } = await client.send("list", { name: only.name }, { timeout: settings.timeout });
    const living = reply["pids"];
    return Array.isArray(living) && living.length > 1;
  }

  #dress(prefixed: boolean): Dress {
    const { stdout, env } = this.#session.world;
    return { style: styleOf(stdout, env), json: this.#session.settings.json, timestamps: this.#asked.timestamps, prefixed };
  }

  /** Waits for a reader who is slow: meanwhile the daemon is not asked for more. */
  #write(lines: readonly Buffer[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#session.world.stdout.write(Buffer.concat(lines), () => resolve()));
  }

  /** @returns whether the reply is a refusal, which is told then */
  #refuse(reply: Reply): boolean {
    const refusal = refusalOf(reply);
    if (refusal !== null && this.#session.settings.json) this.#session.world.stdout.write(`${encodeJson(reply)}\n`);
    else if (refusal !== null) this.#say(`error: ${refusal.reason}`);
    return refusal !== null;
  }

  #tellAway(reason: string): void {
    if (!this.#away) this.#say(`circusd is away (${reason}); following goes on when it is back`);
    this.#away = true;
  }

  #tellBack(): void {
    if (this.#away) this.#say("circusd is back");
    this.#away = false;
  }

  #say(text: string): void {
    this.#session.world.stderr.write(`${text}\n`);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#timer.after(PAUSE * 1000, resolve));
  }
}
