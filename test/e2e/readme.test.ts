/** The tour of the README, typed into a shell. Pids, times and figures are compared by kind. */
import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import test from "node:test";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";
import { freePort } from "../helpers/free-port.js";
import { Foreground, kind, Shell, starterOf, stepsOf } from "../helpers/typed.js";

const noCurl = without("curl", "--version");

test("the tour of the README goes as it says", { skip: noCurl }, async (t) => {
  // It goes after circusd, whose pid file is in it.
  const dir = await tempDir();
  const readme = await readFile(repositoryPath("README.md"), "utf8");
  const port = String(await freePort());
  const endpoint = `ipc://${dir.join("control")}`;
  await dir.write("bin/circusctl", starterOf("circusctl"), 0o755);
  const env = { CIRCUSCTL_ENDPOINT: endpoint, PATH: `${dir.join("bin")}:${process.env["PATH"]}` };
  const place = { directory: dir.join("tour"), env };
  const ini = /^```ini\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? "";
  const ours = `${ini.replace("8080", port)}\n[circus]\nendpoint = ${endpoint}\npubsub_endpoint = ipc://${dir.join("events")}\n`;
  await dir.write("tour/circus.ini", ours);
  await copyFile(repositoryPath("examples/quickstart/server.js"), dir.join("tour/server.js"));

  const shell = new Shell(place);
  t.after(async () => {
    await shell.close();
    await dir[Symbol.asyncDispose]();
  });
  /** Listens while the command after it is typed. */
  let listener: { readonly process: Foreground; readonly output: string } | null = null;
  const steps = stepsOf(readme, "## A tour", "## ");
  assert.ok(steps.length > 15);
  for (const step of steps) {
    assert.ok("command" in step);
    const { command, output } = step;
    if (command.startsWith("mkdir ")) continue;
    if (command.startsWith("circusctl listen ")) {
      const process = new Foreground(command, place);
      listener = { process, output };
      await process.ready(() => shell.run("circusctl set web graceful_timeout 30"));
      continue;
    }
    const typed = command.replaceAll("$PWD/", repositoryPath("/")).replace("8080", port).replace("--daemon", "--daemon --pidfile pid");
    const real = await shell.run(typed);
    assert.equal(kind(real), kind(output), command);
    if (listener === null) continue;
    assert.equal(kind(await listener.process.lines(listener.output.trim().split("\n").length)), kind(listener.output));
    await listener.process.close();
    listener = null;
  }
});
