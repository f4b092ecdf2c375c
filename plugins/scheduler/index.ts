/** Starts, stops, restarts, reloads, signals or resizes watchers at the times of cron expressions. */
import { CallError, CallTimeout, CircusPlugin, type PluginContext } from "circusd/plugin";
import { describe, JobError, parseJob, type Action, type Job } from "./job.js";
import { Timetable, type DueJob } from "./timetable.js";

/** Seconds between two looks at the clock at most: it may be set meanwhile. */
const LOOK = 30;
/** Seconds for which the end of a job is waited for; until then it does not run again. */
const JOB_TIMEOUT = 3600;
/** Seconds of delay that are worth telling. */
const LATE = 60;

export class Scheduler extends CircusPlugin {
  readonly #client: PluginContext["client"];
  readonly #jobs: readonly Job[];
  readonly #running = new Set<Job>();
  readonly #stopping = new AbortController();

  constructor(context: PluginContext) {
    super(context);
    this.#client = context.client;
    this.#jobs = this.#readJobs();
  }

  override handleInit(): void {
    const timetable = new Timetable(this.#jobs, this.now());
    for (const { job, due } of timetable.all) {
      this.log.info(`Job "${job.name}" will ${describe(job.action)}, next at ${due === null ? "no time" : shown(due)}`);
    }
    this.#sleep(timetable);
  }

  override handleRecv(): void {}

  override handleStop(): void {
    this.#stopping.abort();
  }

  #sleep(timetable: Timetable): void {
    const { next } = timetable;
    const seconds = next === null ? LOOK : Math.min(LOOK, Math.max(0, next.due - this.now()));
    this.after(seconds, () => {
      const { run, missed } = timetable.take(this.now());
      for (const due of missed) this.log.warning(`Job "${due.job.name}" of ${shown(due.due)} is left out: it is too late`);
      // Each goes its own way: a restart that takes long keeps no other job waiting.
      for (const due of run) this.after(0, () => this.#run(due));
      this.#sleep(timetable);
    });
  }

  async #run({ job, due }: DueJob): Promise<void> {
    const what = `Job "${job.name}"`;
    if (this.#running.has(job)) return this.log.warning(`${what} is still at work; this time is left out`);
    this.#running.add(job);
    const late = this.now() - due;
    this.log.info(`${what} does ${describe(job.action)}${late > LATE ? `, which was due at ${shown(due)}` : ""}`);
    try {
      await this.#perform(job.action);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!(error instanceof CallError || error instanceof CallTimeout)) throw error;
      this.log.error(`${what} cannot ${describe(job.action)}: ${error.message}`);
    } finally {
      this.#running.delete(job);
    }
  }

  async #perform(action: Action): Promise<void> {
    const options = { timeout: JOB_TIMEOUT, signal: this.#stopping.signal };
    const named = { name: action.watcher, waiting: true };
    switch (action.kind) {
      case "start":
      case "stop":
      case "restart":
      case "reload":
        await this.#client.call(action.kind, named, options);
        return;
      case "signal":
        await this.#client.call("signal", { name: action.watcher, signum: action.signal.number }, options);
        return;
      case "incr":
      case "decr":
        await this.#client.call(action.kind, { ...named, nb: action.count }, options);
        return;
      case "numprocesses":
        await this.#client.call("set", { ...named, options: { numprocesses: action.count } }, options);
        return;
    }
  }

  #readJobs(): readonly Job[] {
    const timezone = this.options.text("timezone");
    if (timezone !== null && !isTimezone(timezone)) throw this.options.mistake("timezone", "expected a name such as Europe/Berlin or UTC");
    const jobs = [...this.options.prefixed("job.")].map(([name, text]) => {
      try {
        return parseJob(name, { text, timezone });
      } catch (error) {
        if (error instanceof JobError) throw this.options.mistake(`job.${name}`, error.message);
        throw error;
      }
    });
    if (jobs.length === 0) this.options.required("job.NAME", "0 3 * * * restart WATCHER");
    return jobs;
  }
}

function shown(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
