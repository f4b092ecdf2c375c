/** The command `circuit` as its users see it, on servers whose links are of memory. */
import assert from "node:assert/strict";
import test from "node:test";
import { Writable } from "node:stream";
import { dialConversation } from "../../../../src/circuit/hello.js";
import { succeed } from "../../../../src/core/result.js";
import { CLUSTER_DEFAULTS } from "../../../../src/core/options.js";
import { beginCircuit, circuitCommand, type Given } from "../../../helpers/circuit-command.js";
import { eventually } from "../../../helpers/facts.js";
import { NodeStage, type Stage } from "../../../helpers/node-stage.js";

interface Played {
  readonly stage: NodeStage;
  readonly servers: readonly Stage[];
  readonly ids: readonly string[];
  readonly given: Given;
  readonly circuit: ReturnType<typeof circuitCommand>;
}

/** Servers that know each other; the command dials the first. */
async function play(...hosts: readonly string[]): Promise<Played> {
  const stage = new NodeStage();
  const servers: Stage[] = [];
  for (const host of hosts) servers.push(await stage.start(host));
  for (const one of servers) for (const other of servers) if (one !== other) one.membership.add(other.member);
  const onCall = (call: { fail(code: "unknown-method", message: string): void }): void => call.fail("unknown-method", "a client");
  const given: Given = {
    env: { CIRCUIT: "circuit://a:1" },
    dialling: (keys) => (address, limits) =>
      dialConversation({
        links: stage.links("client"),
        clock: stage.clock,
        address,
        keys,
        role: "client",
        member: null,
        onCall,
        ...limits,
      }),
  };
  return { stage, servers, ids: servers.map(({ member }) => `/${member.id}`), given, circuit: circuitCommand(given) };
}

const done = (stdout = "") => ({ code: 0, stdout, stderr: "" });
const failed = (message: string, code = 1) => ({ code, stdout: "", stderr: `circuit: ${message}\n` });

test("ls prints full paths, kinds in Circuit's words, and children before their parents where asked", async () => {
  const { circuit, ids } = await play("a", "b");
  const [a, b] = ids;
  assert.deepEqual(await circuit(["mkchan", `${b}/this/is/charlie`, "3"]), done());
  assert.deepEqual(await circuit(["mk@join", "/b/watch"]), done());
  assert.deepEqual(await circuit(["ls", "/"]), done(`${a}\n${b}\n`));
  assert.deepEqual(await circuit(["ls", "-l", `${b}`]), done(`·               ${b}/this\n@join           ${b}/watch\n`));
  assert.deepEqual(await circuit(["ls", "//b///this/"]), done(`${b}/this/is\n`));
  assert.deepEqual(
    await circuit(["ls", "/...", "--depth", "-l"]),
    done(
      `server          ${a}\nchan            ${b}/this/is/charlie\n·               ${b}/this/is\n·               ${b}/this\n@join           ${b}/watch\nserver          ${b}\n`,
    ),
  );
});

test("a path that is not there is an error and makes nothing", async () => {
  const { circuit, ids } = await play("a");
  const path = `${ids[0]}/no/such`;
  for (const argv of [
    ["ls", path],
    ["peek", path],
    ["scrub", path],
    ["recv", path],
    ["stdout", path],
  ]) {
    const { code, stderr } = await circuit(argv);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^circuit: Cannot [^\n]*"${path}"[^\n]*\n$`));
  }
  assert.deepEqual(await circuit(["ls", "/..."]), done(`${ids[0]}\n`));
});

test("a server that cannot be reached is a line on the standard error, and all others are listed", async () => {
  const { circuit, ids, stage } = await play("a", "b", "c");
  await circuit(["mkchan", "/c/x", "1"]);
  stage.network.kill("b");
  const { code, stdout, stderr } = await circuit(["ls", "/..."]);
  assert.deepEqual([code, stdout], [1, `${ids.join("\n")}\n${ids[2]}/x\n`]);
  assert.match(stderr, new RegExp(`^circuit: ${ids[1]}: unreachable: [^\n]+\n$`));
});

test("a server that is silent keeps nobody back for longer than --timeout", async () => {
  const { circuit, ids, stage } = await play("a", "b");
  await circuit(["ls", "/..."]);
  stage.network.partition(["b"]);
  let isOver = false;
  const listing = circuit(["ls", "/...", "--timeout", "1"]).finally(() => (isOver = true));
  const before = stage.clock.now();
  await eventually(
    () => stage.clock.advance(0.1),
    () => isOver,
  );
  assert.ok(stage.clock.now() - before < 2000);
  const { code, stdout, stderr } = await listing;
  assert.deepEqual([code, stdout], [1, `${ids.join("\n")}\n`]);
  assert.match(stderr, new RegExp(`^circuit: ${ids[1]}: unreachable: [^\n]+\n$`));
});

test("a channel carries messages between commands, as Circuit's does", async () => {
  const { circuit, ids } = await play("a", "b");
  const path = `${ids[1]}/c`;
  await circuit(["mkchan", path, "3"]);
  assert.deepEqual(await circuit(["send", path], { stdin: "msg1\n" }), done());
  assert.deepEqual(await circuit(["recv", path]), done("msg1\n"));
  const { stdout } = await circuit(["peek", path]);
  assert.match(stdout, /^\{\n\t"Cap": 3,\n\t"Closed": false,\n\t"Aborted": false,\n\t"NumSend": 1,\n\t"NumRecv": 1,/);
  assert.deepEqual(await circuit(["close", path]), done());
  assert.deepEqual(await circuit(["send", path], { stdin: "x" }), failed(`Cannot send to the channel "${path}": the channel is closed`));
  assert.match((await circuit(["recv", path])).stderr, /closed/);
  assert.deepEqual(await circuit(["scrub", path]), done());
});

test("recv leaves a message in the channel when what it has written was not taken", async () => {
  const { circuit, given } = await play("a");
  await circuit(["mkchan", "/a/c", "3"]);
  await circuit(["send", "/a/c"], { stdin: "precious" });
  const broken = new Writable({ write: (_chunk, _encoding, tell) => tell(new Error("EPIPE")) });
  assert.deepEqual(await beginCircuit(given, ["recv", "/a/c"], { stdout: broken }).ended, done());
  assert.deepEqual(await circuit(["recv", "/a/c"]), done("precious"));
});

test("recv of a subscription prints a path and the end of a line", async () => {
  const { circuit, ids, servers } = await play("a", "b");
  const [a, b] = servers;
  assert.ok(a !== undefined && b !== undefined);
  await circuit(["mk@join", "/a/joins"]);
  await circuit(["mk@leave", "/a/leaves"]);
  assert.deepEqual(await circuit(["recv", "/a/joins"]), done(`${ids[0]}\n`));
  a.membership.remove(b.member);
  assert.deepEqual(await circuit(["recv", "/a/leaves"]), done(`${ids[1]}\n`));
  assert.match((await circuit(["peek", "/a/joins"])).stdout, /^\{\n\t"Source": "join",\n\t"Pending": 1,\n\t"Closed": false,/);
});

test("an element of another kind is refused by what it is", async () => {
  const { circuit, ids } = await play("a");
  await circuit(["mkchan", "/a/c", "0"]);
  assert.deepEqual(await circuit(["wait", "/a/c"]), failed(`"${ids[0]}/c" is no process or container: a channel stands there`));
  assert.deepEqual(await circuit(["set", "/a/c", "x"]), failed(`"${ids[0]}/c" is no name server: a channel stands there`));
  assert.deepEqual(await circuit(["join", "/a/c", "b:1"]), failed(`"${ids[0]}/c" is no server: a channel stands there`));
  await circuit(["mkchan", "/a/d/e", "0"]);
  assert.deepEqual(await circuit(["send", "/a/d"]), failed(`"${ids[0]}/d" is no channel: nothing stands there`));
  assert.deepEqual(await circuit(["scrub", "/a/d"]), failed(`Cannot scrub "${ids[0]}/d": nothing stands there`));
  assert.deepEqual(await circuit(["scrub", "-f", "/a/d"]), done());
  assert.equal((await circuit(["scrub", "/a/nothing"])).code, 1);
  assert.deepEqual(await circuit(["scrub", "-f", "/a/nothing"]), done());
  assert.equal((await circuit(["scrub", "-f", "/nobody/nothing"])).code, 1);
});

test("what the user mistypes is told with what to do, and exits with 2", async () => {
  const { circuit } = await play("a");
  const usage = async (...argv: readonly string[]): Promise<string> => {
    const { code, stderr } = await circuit(argv);
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.equal(await usage("lss"), 'circuit: there is no command "lss"; did you mean ls?\n');
  assert.equal(await usage("-d", "a:1", "ls", "/"), 'circuit: "-d" stands before the command; flags come after it: circuit COMMAND -d …\n');
  assert.equal(await usage("ls"), "circuit: ls was given too few arguments; usage: circuit ls [flags] GLOB\n");
  assert.match(await usage("ls", "--lnog", "/"), /there is no flag "--lnog"; did you mean --long\?; circuit help ls tells more/);
  assert.match(await usage("mkchan", "/a/c", "-1"), /"-1"/);
  assert.match(await usage("join", "/a", "garbage"), /"garbage" is no circuit address/);
  assert.match(await usage("run", "ls"), /circuit run -- uname -a/);
  assert.match(await usage("ls", "/", "--timeout", "soon"), /--timeout takes seconds, not "soon"/);
  assert.match(await usage("keygen", "file"), /keygen takes no arguments/);
});

test("wrong JSON is told, and a field that is none is warned of", async () => {
  const { circuit } = await play("a");
  const told = async (stdin: string): Promise<string> => (await circuit(["mkproc", "/a/p"], { stdin })).stderr;
  assert.match(await told(""), /^circuit: There is nothing on the standard input: give JSON such as \{"Path"/);
  assert.match(await told("not json"), /^circuit: Cannot read the JSON on the standard input: [^\n]*\n$/);
  assert.match(await told("{}"), /"Path" is missing\n$/);
  assert.match(
    await told('{"path": "ls", "Arsg": []}'),
    /^circuit: warning: there is no field "Arsg"; did you mean "Args"\?\ncircuit: Cannot start "ls" /,
  );
});

test("the server to ask is found by flags, then by the environment, then on this host", async () => {
  const { given } = await play("a");
  const dialled: string[] = [];
  const spying: Given = {
    dialling: () => async (address) => {
      dialled.push(`${address.host}:${address.port}`);
      throw new Error("nobody is there");
    },
    readText: async () => succeed("b:2\n"),
    search: async () => succeed(["found:3"]),
  };
  const asked = async (env: Record<string, string>, ...flags: readonly string[]): Promise<readonly string[]> => {
    await circuitCommand({ ...spying, env })(["ls", "/", ...flags]);
    return dialled.splice(0);
  };
  const all = { CIRCUIT: "/file", CIRCUIT_DISCOVER: "228.8.8.8:8822" };
  assert.deepEqual(await asked(all, "-d", "x:1", "-d", "y:2"), ["x:1", "y:2"]);
  assert.deepEqual(await asked(all, "--discover", "228.8.8.8:8822"), ["found:3"]);
  assert.deepEqual(await asked(all), ["b:2"]);
  assert.deepEqual(await asked({ CIRCUIT_DISCOVER: "228.8.8.8:8822" }), ["found:3"]);
  assert.deepEqual(await asked({ CIRCUIT_DISCOVER: "228.8.8.8:8822" }, "-discover", ""), ["127.0.0.1:11022"]);
  assert.deepEqual(await asked({ CIRCUIT_DISCOVER: "", CIRCUIT: "circuit://c:4" }), ["c:4"]);
  assert.equal(CLUSTER_DEFAULTS.listen.endsWith(":11022"), true);
  assert.deepEqual(
    await circuitCommand({ ...given, env: { CIRCUIT: "/none" } })(["ls", "/"]),
    failed('Cannot read the address in "/none", which $CIRCUIT names: no such file'),
  );
  const nobody = await circuitCommand({ ...given, env: {} })(["ls", "/"]);
  assert.match(nobody.stderr, /^circuit: Cannot [^\n]*11022[^\n]*circuit start[^\n]*-d ADDRESS[^\n]*\$CIRCUIT[^\n]*--discover[^\n]*\n$/);
});

test("Ctrl-C ends a command that waits, without a word, with 130", async () => {
  const { circuit, given } = await play("a");
  await circuit(["mkchan", "/a/c", "0"]);
  const running = beginCircuit(given, ["recv", "/a/c"]);
  await eventually(
    async () => (await circuit(["peek", "/a/c"])).stdout,
    (text) => text.includes('"Receivers": 1'),
  );
  running.signal("INT");
  assert.deepEqual(await running.ended, { code: 130, stdout: "", stderr: "" });
});

test("members shows the servers, and watches their coming and going", async () => {
  const { circuit, given, ids, servers } = await play("a", "b");
  const [a, b] = servers;
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(
    await circuit(["members"]),
    done(`${ids[0]}  alive  a  ${a.member.address}\n${ids[1]}  alive  b  ${b.member.address}\n`),
  );
  assert.match((await circuit(["members", "--json"])).stdout, /^\{\n\t"members": \[\n[^]*"name": "b"/);
  const running = beginCircuit(given, ["members", "-w"]);
  await eventually(
    () => running.stdout.toString().split("\n").length,
    (lines) => lines === 3,
  );
  a.membership.remove(b.member);
  await eventually(
    () => running.stdout.toString(),
    (text) => text.includes(`leave (failed) ${ids[1]}  b  `),
  );
  running.signal("INT");
  assert.equal((await running.ended).code, 130);
});

test("stk prints a profile, suicide ends the server", async () => {
  const { circuit, servers } = await play("a", "b");
  assert.deepEqual(await circuit(["stk", "/b", "--name", "cpu", "--seconds", "2"]), done("cpu for 2 s"));
  assert.deepEqual(await circuit(["suicide", "/b"]), done());
  await eventually(
    () => servers[1]?.suicides.length,
    (count) => count === 1,
  );
});

test("keygen prints a key and nothing else", async () => {
  const { circuit } = await play("a");
  const { stdout } = await circuit(["keygen"]);
  assert.match(stdout, /^[A-Za-z0-9+/]{86}==\n$/);
  assert.notEqual((await circuit(["keygen"])).stdout, stdout);
});

test("a warning about the key file does not keep a command from its work", async () => {
  const { given } = await play("a");
  const careless = circuitCommand({ ...given, readKeyFile: async () => succeed({ keys: [], warning: "anybody may read it" }) });
  const { code, stderr } = await careless(["ls", "/", "--hmac", "/k"]);
  assert.deepEqual([code, stderr], [0, "circuit: warning: anybody may read it\n"]);
  assert.deepEqual(await circuitCommand(given)(["ls", "/", "--hmac", "/k"]), failed('Cannot read the key file "/k": no such file'));
});
