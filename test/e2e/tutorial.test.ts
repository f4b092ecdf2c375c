/** The tutorial, typed into a shell: its files are written, its commands print what it says, its servers answer. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";
import { freePort } from "../helpers/free-port.js";
import { Foreground, kind, Shell, starterOf, stepsOf, type Command, type Place } from "../helpers/typed.js";

/** What a terminal shows where somebody presses Ctrl-C. */
const INTERRUPT = "^C";

const noCurl = without("curl", "--version");

/** Lines without their order: workers and circusd write to one terminal, each at its own pace. */
function lines(text: string): readonly string[] {
  return kind(text).trimEnd().split("\n").sort();
}

/** Runs a command in a terminal of its own until it has printed what stands before the Ctrl-C, then presses it. */
async function interrupted(place: Place, { command, output }: Command): Promise<void> {
  const [before = "", after = ""] = output.split(INTERRUPT);
  const count = (text: string): number => text.split("\n").length - 1;
  const terminal = new Foreground(command, place);
  try {
    assert.deepEqual(lines(await terminal.lines(count(before))), lines(before), command);
    terminal.interrupt();
    const rest = after.trim() === "" ? "" : after;
    assert.deepEqual(lines(await terminal.lines(count(rest))), lines(rest), command);
  } finally {
    await terminal.close();
  }
}

test("the tutorial goes as it says", { skip: noCurl }, async (t) => {
  // It goes after circusd, whose pid file is in it.
  const dir = await tempDir();
  const tutorial = await readFile(repositoryPath("docs/tutorial.md"), "utf8");
  const ports = { web: String(await freePort()), console: String(await freePort()) };
  const withPorts = (text: string): string => text.replaceAll("8080", ports.web).replaceAll("8081", ports.console);
  const at = (name: string): string => `ipc://${dir.join(name)}`;
  const endpoints = `[circus]\nendpoint = ${at("c")}\npubsub_endpoint = ${at("p")}\n`;
  // An endpoint of figures switches them on, which the tutorial does later.
  const ini = (text: string): string => `${text}\n${endpoints}${/^statsd/m.test(text) ? `stats_endpoint = ${at("s")}\n` : ""}`;
  for (const program of ["circusd", "circusctl"]) await dir.write(`bin/${program}`, starterOf(program), 0o755);
  await dir.write("bin/circus-top", starterOf("circus-top", "--endpoint", at("s")), 0o755);
  const env = { CIRCUSCTL_ENDPOINT: at("c"), PATH: `${dir.join("bin")}:${process.env["PATH"]}` };

  const shell = new Shell({ directory: dir.path, env });
  t.after(async () => {
    await shell.close();
    await dir[Symbol.asyncDispose]();
  });
  let directory = dir.path;
  for (const step of stepsOf(tutorial, "## One program", "## Where to go from here")) {
    if ("file" in step) {
      const text = withPorts(step.text);
      await dir.write(`first/${step.file}`, step.file === "circus.ini" ? ini(text) : text);
    } else if (step.output.includes(INTERRUPT)) {
      await interrupted({ directory, env }, { command: withPorts(step.command), output: withPorts(step.output) });
    } else {
      const typed = withPorts(step.command).replace("--daemon", `--daemon --pidfile ${dir.join("pid")}`);
      assert.equal(kind(await shell.run(typed)), kind(withPorts(step.output)), step.command);
      if (typed.includes(" && cd ")) directory = (await shell.run("pwd")).trim();
    }
  }
});
