/** How many questions are answered in a second, each client asking the next one when it has its answer. */
import { Program, runProgram } from "../program.js";
import { percentile } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";
import { tempDir } from "../../test/helpers/temp.js";

const SECONDS = 4;
/** Milliseconds in which all clients have started and both sides are warm. */
const WARM = 2000;
const WATCHERS = 10;

const LIST = question("list", {});
const NUMPROCESSES = question("numprocesses", { name: "web1" });
const LIST_OF_100 = question("list", { name: "hundred" });

export async function requests(): Promise<readonly Line[]> {
  const watchers = Array.from({ length: WATCHERS }, (_, index) => `[watcher:web${index}]\ncmd = sleep 3600\n`);
  await using subject = await Subject.start(`${watchers.join("\n")}\n[watcher:hundred]\ncmd = sleep 3600\nnumprocesses = 100\n`);
  await using dir = await tempDir();
  const bare = `ipc://${dir.join("echo.sock")}`;
  await using echo = new Program("echo", bare);
  await echo.ready();
  const ours = (asked: string, clients: number): Promise<Rate> => ask(subject.endpoint, asked, clients);
  const floor = { one: await ask(bare, LIST, 1), eight: await ask(bare, LIST, 8) };
  const list = { one: await ours(LIST, 1), eight: await ours(LIST, 8) };
  const numprocesses = { one: await ours(NUMPROCESSES, 1), eight: await ours(NUMPROCESSES, 8) };
  const hundred = await ours(LIST_OF_100, 1);
  const line = { unit: "/s" };
  return [
    { ...line, what: "list, 1 client", ours: list.one.rate, floor: floor.one.rate, target: { atLeast: 5000 }, circus: "3,780 /s" },
    { ...line, what: "list, 8 clients", ours: list.eight.rate, floor: floor.eight.rate, target: { atLeast: 15_000 }, circus: "12,370 /s" },
    { unit: "ms", what: "list, 1 client, p99", ours: list.one.p99, floor: floor.one.p99, target: { atMost: 2.5 } },
    { unit: "ms", what: "list, 8 clients, p99", ours: list.eight.p99, floor: floor.eight.p99, target: { atMost: 2.5 } },
    { ...line, what: "numprocesses, 1 client", ours: numprocesses.one.rate, floor: floor.one.rate, circus: "4,150 /s" },
    { ...line, what: "numprocesses, 8 clients", ours: numprocesses.eight.rate, floor: floor.eight.rate, circus: "12,480 /s" },
    { ...line, what: "list of a watcher with 100 processes, 1 client", ours: hundred.rate, floor: floor.one.rate, circus: "142 /s" },
  ];
}

interface Rate {
  /** Answers a second, of all clients together. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p99: number;
}

async function ask(endpoint: string, asked: string, clients: number): Promise<Rate> {
  const begin = String(Date.now() + WARM);
  const running = Array.from({ length: clients }, () => runProgram("ask", endpoint, asked, begin, String(SECONDS * 1000)));
  const milliseconds = (await Promise.all(running)).flatMap((figures) => figures.numbers("milliseconds"));
  return { rate: milliseconds.length / SECONDS, p99: percentile(milliseconds, 99) };
}

function question(command: string, properties: object): string {
  return JSON.stringify({ id: "0123456789abcdef0123456789abcdef", command, properties });
}
