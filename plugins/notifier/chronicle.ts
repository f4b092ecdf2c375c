/**
 * Reads the meaning out of events: which death nobody asked for, which watcher stopped by itself, which keeps failing.
 * A process that circusd ends is named in a `kill` before its `reap`; whatever dies without one was not to die.
 */
import { constants } from "node:os";
import type { Notice } from "./notice.js";

/** Circus's events, and the notifier's own. */
export const CIRCUS_EVENTS: readonly string[] = [
  ...["spawn", "start", "stop", "reap", "kill", "updated", "reload", "add", "remove", "hook_success", "hook_failure"],
];
export const OWN_EVENTS: readonly string[] = ["failed", "gave_up", "flapping"];

export interface FlappingRule {
  /** So many failures… */
  readonly attempts: number;
  /** …within so many seconds. */
  readonly window: number;
}

export interface Circumstances {
  readonly payload: unknown;
  /** For an event without a time. */
  readonly now: number;
  /** Whether a watcher that stopped was told to; null where nobody knows. */
  readonly told: boolean | null;
}

/** What events tell of one watcher. */
interface Story {
  /** Processes that circusd ends, or has ended lately. */
  readonly killed: Set<number>;
  /** Whether it has started since its last stop. */
  started: boolean;
  /** Whether circusd had to end a process since the last stop. */
  ended: boolean;
  /** How its last process went; null while none has. */
  last: { readonly failed: boolean; readonly how: string } | null;
  /** When its processes failed, in seconds since the epoch, within the window. */
  failures: readonly number[];
  flapping: boolean;
}

/** Descendants of a process are named in a `kill` as well, and never in a `reap`. */
const MAX_KILLED = 1000;

export class Chronicle {
  readonly #rule: FlappingRule;
  readonly #stories = new Map<string, Story>();

  constructor(rule: FlappingRule) {
    this.#rule = rule;
  }

  /** @returns the event itself, then what it means */
  take(watcher: string, action: string, { payload, now, told }: Circumstances): readonly Notice[] {
    const { process_pid: pid, exit_code: exitCode, time, name, error } = fields(payload);
    const notice = (event: string, message: string): Notice => ({
      event,
      watcher,
      pid: number(pid),
      exitCode: number(exitCode),
      time: number(time) ?? now,
      message,
      held: 0,
    });
    const story = this.#story(watcher);
    const plain = notice(action, plainMessage(watcher, action, { pid: number(pid), name: text(name), error: text(error) }));
    switch (action) {
      case "start":
        story.started = true;
        return [plain];
      case "kill":
        remember(story, number(pid));
        return [plain];
      case "reap": {
        const meant = this.#reaped(story, plain);
        return [{ ...plain, message: `${watcher}: process ${plain.pid ?? "?"} ${howItWent(plain.exitCode)}` }, ...meant];
      }
      case "stop": {
        const { started, ended, last } = story;
        // What was killed is dead by now; failures are counted on, as a watcher may be stopped for them.
        Object.assign(story, newStory(), { failures: story.failures, flapping: story.flapping });
        const inOrder = last === null ? started : !last.failed;
        if (told === true || ended || inOrder) return [plain];
        const why = last === null ? "none of its processes could be started" : `its last process ${last.how}`;
        return [plain, notice("gave_up", `${watcher} stopped by itself: ${why}`)];
      }
      case "remove":
        this.#stories.delete(watcher);
        return [plain];
      default:
        return [plain];
    }
  }

  #reaped(story: Story, reap: Notice): readonly Notice[] {
    const { watcher, pid, exitCode, time } = reap;
    const asked = pid !== null && story.killed.delete(pid);
    const how = howItWent(exitCode);
    const failed = !asked && exitCode !== 0;
    if (!asked) story.last = { failed, how };
    if (!failed) return [];
    const { attempts, window } = this.#rule;
    story.failures = [...story.failures, time].filter((at) => at > time - window).slice(-attempts);
    const told: Notice[] = [{ ...reap, event: "failed", message: `${watcher}: process ${pid ?? "?"} ${how}` }];
    const flapping = story.failures.length >= attempts;
    if (flapping && !story.flapping) {
      told.push({
        ...reap,
        event: "flapping",
        message: `${watcher} keeps failing: ${attempts} times within ${window} s, at last it ${how}`,
      });
    }
    story.flapping = flapping;
    return told;
  }

  #story(watcher: string): Story {
    const known = this.#stories.get(watcher);
    if (known !== undefined) return known;
    const story = newStory();
    this.#stories.set(watcher, story);
    return story;
  }
}

function newStory(): Story {
  return { killed: new Set(), started: false, ended: false, last: null, failures: [], flapping: false };
}

function remember(story: Story, pid: number | null): void {
  story.ended = true;
  if (pid === null) return;
  story.killed.add(pid);
  const [oldest] = story.killed;
  if (story.killed.size > MAX_KILLED && oldest !== undefined) story.killed.delete(oldest);
}

function howItWent(exitCode: number | null): string {
  if (exitCode === null) return "ended, nobody knows how";
  if (exitCode >= 0) return `exited with code ${exitCode}`;
  const name = Object.entries(constants.signals).find(([, value]) => value === -exitCode)?.[0];
  return `was ended by ${name ?? `signal ${-exitCode}`}`;
}

interface Details {
  readonly pid: number | null;
  readonly name: string | null;
  readonly error: string | null;
}

function plainMessage(watcher: string, action: string, { pid, name, error }: Details): string {
  if (action === "hook_failure") return `${watcher}: hook ${name ?? "?"} failed: ${error ?? "nobody knows why"}`;
  if (name !== null) return `${watcher}: ${action} of ${name}`;
  return pid === null ? `${watcher}: ${action}` : `${watcher}: ${action} of process ${pid}`;
}

function fields(payload: unknown): Readonly<Record<string, unknown>> {
  return typeof payload === "object" && payload !== null ? { ...payload } : {};
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
