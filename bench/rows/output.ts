/**
 * What workers write until it stands in a file. The writer is coreutils' dd, which copies a file of lines from the page
 * cache to its standard output by one write(2) per block. The floors are the same writers into `cat`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { pause, timed } from "../samples.js";
import { LINE_BYTES, Sheet, type Check } from "../sheet.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";
import { tempDir, type TempDir } from "../../test/helpers/temp.js";

const SHEET_LINES = 640_000;
const BLOCK = 65_536;
/** Milliseconds without a byte after which no more is expected. */
const SILENCE = 3000;

/** Some workers that write the same lines. */
interface Work {
  readonly what: string;
  readonly block: number;
  /** Lines of the sheet that are written each time. */
  readonly lines: number;
  readonly times: number;
  readonly workers: number;
  readonly options: string;
}

const ONE = { lines: SHEET_LINES, times: 1, workers: 1, options: "" };
const WORKS: readonly Work[] = [
  { ...ONE, what: "64 KiB writes", block: BLOCK, times: 20 },
  { ...ONE, what: "a write for each line", block: LINE_BYTES },
  // 250 blocks are a whole number of lines.
  { ...ONE, what: "50 workers, 64 KiB writes", block: BLOCK, lines: (250 * BLOCK) / LINE_BYTES, times: 2, workers: 50 },
  { ...ONE, what: "50 workers, a write for each line", block: LINE_BYTES, lines: 20_000, workers: 50 },
  { ...ONE, what: "64 KiB writes, rotated", block: BLOCK, times: 10, options: rotation(50_000_000, 100) },
];
const TARGETS: readonly (Pick<Line, "target" | "circus"> | undefined)[] = [
  { target: { atLeast: 600 }, circus: "104 MB/s" },
  { circus: "90 MB/s" },
  { target: { atLeast: 600 }, circus: "121 MB/s" },
];

export async function output(): Promise<readonly Line[]> {
  await using dir = await tempDir();
  const sheet = await Sheet.write(dir.join("sheet"), SHEET_LINES);
  const lines: Line[] = [];
  let bad = 0;
  for (const [index, work] of WORKS.entries()) {
    const discarded = await pour(sheet, work, "/dev/null");
    const filed = await pour(sheet, work, dir.join("floor"));
    await rm(dir.join("floor"));
    const { rate, check } = await supervise(sheet, work);
    bad += check.miscounted + check.torn;
    lines.push({ what: `stdout, ${work.what}; floor: cat > file`, unit: "MB/s", ours: rate, floor: filed, ...TARGETS[index] });
    lines.push({ what: "… floor: cat > /dev/null", unit: "MB/s", ours: rate, floor: discarded });
  }
  const circus = "195,320 of 2 million";
  return [...lines, { what: "lines lost, doubled or torn in all of these", unit: "", ours: bad, target: { atMost: 0 }, circus }];
}

function rotation(bytes: number, files: number): string {
  return `stdout_stream.max_bytes = ${bytes}\nstdout_stream.backup_count = ${files}\n`;
}

function sizeOf({ lines, times, workers }: Work): number {
  return lines * LINE_BYTES * times * workers;
}

/** Megabytes a second. */
function speed(work: Work, milliseconds: number): number {
  return sizeOf(work) / milliseconds / 1000;
}

function command(sheet: Sheet, { block, lines, times }: Work): string {
  const copy = `dd if=${sheet.path} bs=${block} count=${Math.ceil((lines * LINE_BYTES) / block)} status=none`;
  return `for i in $(seq ${times}); do ${copy}; done`;
}

/** The floor: each writer with a reader of its own. */
async function pour(sheet: Sheet, work: Work, target: string): Promise<number> {
  const one = `{ ${command(sheet, work)}; } | cat >> ${target}`;
  const script = `for w in $(seq ${work.workers}); do { ${one}; } & done; wait`;
  return speed(work, await timed(() => once(spawn("sh", ["-c", script], { stdio: "ignore" }), "close")));
}

async function supervise(sheet: Sheet, work: Work): Promise<{ readonly rate: number; readonly check: Check }> {
  await using dir = await tempDir();
  const script = await dir.write("write.sh", `#!/bin/sh\n${command(sheet, work)}\n`, 0o755);
  await using subject = await Subject.start(
    `[watcher:writer]\ncmd = ${script}\nrespawn = False\nautostart = False\nnumprocesses = ${work.workers}\ncopy_env = True\n` +
      `stdout_stream.class = FileStream\nstdout_stream.filename = ${dir.join("log", "out")}\n${work.options}`,
  );
  await dir.write("log/out", "");
  const begun = performance.now();
  await subject.client.call("start", { name: "writer" });
  const ended = await complete(dir, sizeOf(work));
  const check = await sheet.check(logs(dir), { lines: work.lines, copies: work.times * work.workers });
  return { rate: speed(work, ended - begun), check };
}

/** @returns when the last byte had come */
async function complete(dir: TempDir, bytes: number): Promise<number> {
  let size = 0;
  let last = performance.now();
  while (size < bytes && performance.now() - last < SILENCE) {
    await pause(2);
    const now = logs(dir).reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
    if (now !== size) last = performance.now();
    size = now;
  }
  return last;
}

/** Oldest first: `out.2`, `out.1`, `out`. */
function logs(dir: TempDir): readonly string[] {
  const age = (name: string): number => Number(name.split(".")[1] ?? 0);
  const names = readdirSync(dir.join("log")).sort((a, b) => age(b) - age(a));
  return names.map((name) => dir.join("log", name));
}
