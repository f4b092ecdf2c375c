import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import { Autoscaler } from "../../../plugins/autoscaler/index.js";
import { refusal } from "../../helpers/circusctl.js";
import { Daemon } from "../../helpers/daemon.js";
import { fileWith, kill } from "../../helpers/facts.js";
import { PluginStage, refusalOf, type PluginRequest } from "../../helpers/plugin-stage.js";
import { repositoryPath } from "../../helpers/root.js";
import { tempDir } from "../../helpers/temp.js";

/** A watcher of memory, whose numprocesses can be set. */
class MemoryWatcher {
  numprocesses = 2;
  status = "active";

  readonly answer = ({ command, properties }: PluginRequest): object => {
    switch (command) {
      case "status":
        return { status: this.status };
      case "get":
        return { options: { numprocesses: this.numprocesses } };
      case "set":
        this.numprocesses = Number(/"numprocesses":(\d+)/.exec(JSON.stringify(properties))?.[1]);
        return {};
      default:
        return refusal(`nobody expects ${command}`);
    }
  };
}

async function scaled(t: TestContext, config: Readonly<Record<string, string>>, answer: (request: PluginRequest) => object) {
  const dir = await tempDir(t);
  const figure = dir.join("figure");
  // The command reads whenever it likes: the file has to change at once.
  const write = async (text: string): Promise<void> => {
    await writeFile(`${figure}.new`, text);
    await rename(`${figure}.new`, figure);
  };
  await write("50");
  const rule = { scale_up_at: "75", scale_down_at: "25", cooldown_up: "0", cooldown_down: "0", max: "4", loop_rate: "0.02" };
  const stage = await PluginStage.start(t, Autoscaler, {
    config: { watcher: "web", command: `cat ${figure}`, ...rule, ...config },
    answer,
  });
  return { stage, write };
}

test("Autoscaler follows the number that a command prints, within its bounds, and says why", async (t) => {
  const web = new MemoryWatcher();
  const { stage, write } = await scaled(t, {}, web.answer);
  await write("80.5\n");
  await stage.until(() => web.numprocesses === 4);
  await stage.until(() => stage.log.some((line) => line.endsWith("but 4 is the most")));
  await write("7");
  await stage.until(() => web.numprocesses === 1);
  await stage.until(() => stage.log.some((line) => line.endsWith("but 1 is the least")));
  assert.deepEqual(
    stage.log.filter((line) => line.startsWith("info")),
    [
      'info Sets numprocesses of "web" from 2 to 3: 80.5 is at or above 75',
      'info Sets numprocesses of "web" from 3 to 4: 80.5 is at or above 75',
      'info Sets numprocesses of "web" from 4 to 3: 7 is at or below 25',
      'info Sets numprocesses of "web" from 3 to 2: 7 is at or below 25',
      'info Sets numprocesses of "web" from 2 to 1: 7 is at or below 25',
    ],
  );
});

test("Autoscaler leaves alone what an operator has set outside its bounds, and a watcher that is stopped", async (t) => {
  const web = new MemoryWatcher();
  const { stage, write } = await scaled(t, {}, web.answer);
  await stage.until(() => stage.log.some((line) => line.includes("50 is between 25 and 75")));
  web.numprocesses = 9;
  await write("90");
  const yielded =
    'info Leaves numprocesses of "web" at 9: somebody else has set it to 9, outside 1 to 4: it is left alone until it is inside again';
  await stage.until(() => stage.log.includes(yielded));
  web.status = "stopped";
  web.numprocesses = 2;
  await stage.until(() => stage.log.some((line) => line.endsWith('Leaves "web" alone: it is stopped')));
  assert.equal(stage.count("set"), 0);
  assert.equal(stage.log.filter((line) => line === yielded).length, 1);
});

test("Autoscaler changes nothing while the command has no number for it, and says so once", async (t) => {
  const web = new MemoryWatcher();
  const { stage, write } = await scaled(t, {}, web.answer);
  const warnings = (): readonly string[] => stage.log.filter((line) => line.startsWith("warning"));
  await write("many\n");
  await stage.until(() => stage.log.filter((line) => line.endsWith("there is no figure")).length >= 3);
  assert.deepEqual(warnings(), ['warning No figure for "web": the command "cat" printed "many" in place of a number']);
  for (const [command, reason] of [
    ["sh -c 'echo 99; exit 3'", /the command "sh" exited with code 3$/],
    ["sleep 3600", /the command "sleep" was ended: it took longer than 0\.1 s$/],
    ["/nonexistent/program", /could not be run: spawn \/nonexistent\/program ENOENT$/],
  ] as const) {
    const other = await scaled(t, { command, timeout: "0.1" }, web.answer);
    await other.stage.until(() => other.stage.log.some((line) => reason.test(line)));
  }
  assert.equal(web.numprocesses, 2);
});

test("Autoscaler tells its command which watcher it asks for, and how many processes that has", async (t) => {
  const web = new MemoryWatcher();
  const command = `sh -c 'test $CIRCUS_WATCHER = web && echo $((CIRCUS_NUMPROCESSES * 25))'`;
  const { stage } = await scaled(t, { command }, web.answer);
  await stage.until(() => stage.log.some((line) => line.endsWith("50 is between 25 and 75")));
});

test("Autoscaler goes on where circusd refuses", async (t) => {
  const { stage } = await scaled(t, {}, () => refusal("program web not found"));
  await stage.until(() => stage.count("status") >= 3);
  assert.deepEqual(stage.log, ['warning Cannot look after "web": program web not found']);
});

test("a circusd's Autoscaler adds processes while the workers burn and takes them away when they rest", async (t) => {
  const daemon = await Daemon.start(t, {
    circus: "loglevel = info",
    ini: `
[watcher:web]
cmd = ${process.execPath} ${repositoryPath("test", "fixtures", "burns-on-usr1.js")}
numprocesses = 1
[plugin:scale]
use = autoscaler
watcher = web
min = 1
max = 2
scale_up_at = 15
scale_down_at = 5
cooldown_up = 0.1
cooldown_down = 0.1
loop_rate = 0.2
`,
  });
  const [first = 0] = await daemon.processes("web", 1);
  await fileWith(daemon.dir.join(`ready-${first}`), /ready/);
  kill(first, "SIGUSR1");
  const both = await daemon.processes("web", 2);
  await Promise.all(both.map((pid) => fileWith(daemon.dir.join(`ready-${pid}`), /ready/)));
  kill(first, "SIGUSR2");
  await daemon.processes("web", 1);
  assert.match(daemon.output, /Sets numprocesses of "web" from 1 to 2: [\d.]+ is at or above 15/);
  await daemon.logged(/Sets numprocesses of "web" from 2 to 1: [\d.]+ is at or below 5/);
});

test("options that cannot be used are refused at the start", async () => {
  const good = { watcher: "web", max: "4" };
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ max: "4" }, /without "watcher": add watcher = WATCHER$/],
    [{ watcher: "web" }, /without "max": add max = NUMBER/],
    [{ ...good, min: "5" }, /Cannot use max = "4" .* an integer of 5 or more/],
    [{ ...good, min: "0" }, /Cannot use min = "0" .* an integer of 1 or more/],
    [{ ...good, metric: "memory" }, /Cannot use metric = "memory" .* expected cpu or command/],
    [{ ...good, metric: "command" }, /without "command": add command = PROGRAM that prints a number/],
    [{ ...good, command: "cat x" }, /without "scale_up_at"/],
    [
      { ...good, scale_up_at: "20" },
      /Cannot use scale_up_at = "20" .* expected scale_down_at, which is 25, to be below scale_up_at, which is 20/,
    ],
    [{ ...good, cooldown_up: "-1" }, /Cannot use cooldown_up = "-1"/],
  ];
  for (const [config, message] of refused) assert.match(await refusalOf(Autoscaler, config), message);
});
