/** `tail`: the last lines that processes wrote. `tailing.ts` asks several watchers and follows. */
import { fail, succeed, type Result } from "../../core/result.js";
import { isObject } from "../../wire/codec.js";
import { OUTPUT_STREAMS, type Commands, type OutputStream, type TailLine } from "../../wire/contract.js";
import { wholeNumber, WRONG_COUNT, type Command, type Input } from "../command.js";

/** How many lines are shown where nobody says how many. */
const LINES = 10;

/** One watcher, or one process of it. */
export interface Target {
  readonly name: string;
  readonly pid: number | null;
}

/** What a command line of `tail` asks for. */
export interface Tailing {
  readonly targets: readonly [Target, ...Target[]];
  readonly stream: OutputStream | null;
  readonly lines: number;
  readonly follow: boolean;
  readonly timestamps: boolean;
}

export const command: Command<"tail"> = {
  name: "tail",
  options: ["follow", "lines", "stderr", "stdout", "timestamps"],
  words: "strict",
  manual: {
    operands: "<name> [<pid>...] [<name>...]",
    about: [
      "Shows the last lines that the processes of watchers wrote to standard output and standard error, those of processes that ended lately too. A number after a name is one process of that watcher.",
      "Lines of several processes begin with watcher and process id. Those of standard error are red on a terminal. A line is shown when it is finished, or when its process has ended. One that was too long to be kept whole begins with …",
      "With -f it goes on with what comes, over restarts of the watcher and of circusd, until Ctrl-C, which is no mistake: the exit code is 0. It ends with 3 when all that it follows was removed.",
      "What is kept is what goes to a stream, and everything of a watcher with tail_lines. With --json each line is an object with watcher, pid, stream, time and text, or base64 where it is no UTF-8.",
    ],
    requests: [
      { command: "tail", properties: { name: "web", lines: 10 } },
      { command: "tail", properties: { name: "web", after: "57dafa75f4c8.96.96..", wait: 5 } },
    ],
    reply: 'The reply carries "lines", a "cursor" to go on with, and the number of bytes "missed".',
    examples: ["circusctl tail web", "circusctl tail -f -n 50 web api", "circusctl tail web 4711 --stderr --timestamps"],
  },
  request(input) {
    const asked = readTailing(input);
    return asked.ok ? succeed(tailProperties(asked.value.targets[0], asked.value)) : asked;
  },
  render: (reply) =>
    linesOf(reply)
      .map(({ text, base64 }) => text ?? Buffer.from(base64 ?? "", "base64").toString("latin1"))
      .join("\n"),
};

/** Reads the words and options of `tail`; the failure is a text for the user. */
export function readTailing({ words, values }: Input): Result<Tailing, string> {
  const targets = readTargets(words);
  if (!targets.ok) return targets;
  const { lines = LINES } = values;
  if (typeof lines !== "number" || !Number.isSafeInteger(lines) || lines < 0)
    return fail(`Cannot show "${String(lines)}" lines: it must be a whole number from 0`);
  const named = OUTPUT_STREAMS.filter((stream) => values[stream] === true);
  return succeed({
    targets: targets.value,
    stream: named.length === 1 ? (named[0] ?? null) : null,
    lines,
    follow: values["follow"] === true,
    timestamps: values["timestamps"] === true,
  });
}

/** What to ask of the daemon at first. */
export function tailProperties({ name, pid }: Target, { stream, lines }: Tailing): Commands["tail"]["properties"] {
  return { name, ...(pid === null ? {} : { pid }), ...(stream === null ? {} : { stream }), lines };
}

/** The lines of a reply, whoever sent it. */
export function linesOf(reply: Readonly<Record<string, unknown>>): readonly TailLine[] {
  const lines = reply["lines"];
  return Array.isArray(lines) ? lines.flatMap((line: unknown) => readLine(line)) : [];
}

function readLine(line: unknown): readonly TailLine[] {
  if (!isObject(line)) return [];
  const { pid, time, text, base64, cut } = line;
  const stream = OUTPUT_STREAMS.find((one) => one === line["stream"]);
  if (typeof pid !== "number" || typeof time !== "number" || stream === undefined) return [];
  const content = typeof text === "string" ? { text } : typeof base64 === "string" ? { base64 } : { text: "" };
  return [{ pid, stream, time, ...content, ...(cut === true ? { cut } : {}) }];
}

/** Names, each with the numbers that follow it. */
function readTargets(words: readonly string[]): Result<readonly [Target, ...Target[]], string> {
  const targets: Target[] = [];
  let whole: Target | null = null;
  for (const word of words) {
    const last = targets.at(-1);
    if (last === undefined || !/^\d+$/.test(word)) {
      whole = { name: word, pid: null };
      targets.push(whole);
      continue;
    }
    const pid = wholeNumber(word, "process id");
    if (!pid.ok) return pid;
    if (last === whole) targets.pop();
    whole = null;
    targets.push({ name: last.name, pid: pid.value });
  }
  const [first, ...others] = targets;
  return first === undefined ? fail(WRONG_COUNT) : succeed([first, ...others]);
}
