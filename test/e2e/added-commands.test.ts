/** Commands that modules add, as clients and users meet them. */
import assert from "node:assert/strict";
import test from "node:test";
import { Daemon } from "../helpers/daemon.js";

const HELLO = `export default {
  name: "hello",
  summary: "Greet somebody",
  operands: "<who>",
  help: "Greets whoever is named.",
  read([who]) { if (!who) throw new Error("hello takes a name"); return { who }; },
  async execute({ who }, circus) {
    if (who === "nobody") throw new Error("there is nobody");
    const { numwatchers } = await circus.client.call("numwatchers", {});
    return { greeting: "Hello " + who, numwatchers };
  },
  render({ greeting }) { return greeting + "!"; },
};
`;

const CIRCUS = "commands = ./hello.js";
const INI = "[watcher:web]\ncmd = sleep 3600";

test("an added command does its work for programs and for consoles", async (t) => {
  const daemon = await Daemon.start(t, { circus: CIRCUS, ini: INI, files: { "hello.js": HELLO } });
  const { reply } = await daemon.client.send("Hello", { who: "world" });
  assert.equal(reply.status, "ok");
  assert.equal(reply["greeting"], "Hello world");
  assert.equal(reply["numwatchers"], 1);
  assert.ok(!("console" in reply));
  assert.deepEqual(await daemon.ctl("hello", "you"), { code: 0, stdout: "Hello you!\n", stderr: "" });
  const json: unknown = JSON.parse((await daemon.ctl("--json", "hello", "you")).stdout);
  assert.ok(typeof json === "object" && json !== null && "console" in json && json.console === "Hello you!");
  assert.deepEqual(await daemon.ctl("hello"), { code: 3, stdout: "", stderr: "error: hello takes a name\n" });
  assert.deepEqual(await daemon.ctl("hello", "nobody"), { code: 3, stdout: "", stderr: "error: there is nobody\n" });
});

test("an added command shows in the help, the completion and the shell", async (t) => {
  const daemon = await Daemon.start(t, { circus: CIRCUS, ini: INI, files: { "hello.js": HELLO } });
  assert.equal((await daemon.ctl("commands")).stdout, "hello <who>: Greet somebody\n");
  assert.match((await daemon.ctl("--help")).stdout, /^ {2}hello +Greet somebody$/m);
  assert.equal(
    (await daemon.ctl("help", "hello")).stdout,
    "Greet somebody\n==============\n\nusage: circusctl hello <who>\n\nGreets whoever is named.\n",
  );
  assert.match((await daemon.ctl("hallo")).stderr, /unknown command "hallo"/);
});

test("reloadconfig loads a command anew, and leaves those that run where a module is at fault", async (t) => {
  const daemon = await Daemon.start(t, { circus: CIRCUS, ini: INI, files: { "hello.js": HELLO } });
  await daemon.dir.write("hello.js", HELLO.replace("Hello ", "Good morning "));
  await daemon.client.call("reloadconfig", { waiting: true });
  assert.equal((await daemon.ctl("hello", "you")).stdout, "Good morning you!\n");
  await daemon.dir.write("hello.js", "export default { name: 'list', execute() {} };");
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(/Cannot add command "list": circusd has one of that name; give it another; the commands stay as they were/);
  assert.equal((await daemon.ctl("hello", "you")).stdout, "Good morning you!\n");
});

const FAULTS: readonly (readonly [title: string, module: string, message: RegExp])[] = [
  [
    "has the name of one of circusd's",
    "export default { name: 'list', execute() {} }",
    /Cannot add command "list": circusd has one of that name/,
  ],
  [
    "has the name of one that circusctl carries out itself",
    "export default { name: 'import', execute() {} }",
    /Cannot add command "import": circusctl means something of its own by that word; give it another name/,
  ],
  ["has no name", "export default { execute() {} }", /Cannot use ".*hello\.js" as a command: its default export needs a name/],
  ["does nothing", "export default { name: 'hello' }", /needs a function execute\(properties, circus\)/],
  ["cannot be read", "export default {", /Cannot load command ".*hello\.js"/],
];

for (const [title, module, message] of FAULTS) {
  test(`circusd does not start with a command that ${title}, and says why`, async (t) => {
    await assert.rejects(Daemon.start(t, { circus: CIRCUS, files: { "hello.js": module } }), message);
  });
}
