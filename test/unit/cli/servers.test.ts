import assert from "node:assert/strict";
import test from "node:test";
import { isObject } from "../../../src/wire/codec.js";
import { circusctl, refusal, type Answer, type Run } from "../../helpers/circusctl.js";

type Far = (server: string, command: string, properties: unknown) => object | null;

const MEMBERS = [
  { id: "X1", name: "web1", labels: { role: "web", zone: "a" }, circusd: true, self: true, state: "alive" },
  { id: "X2", name: "db1", labels: { role: "db" }, circusd: true, self: false, state: "alive" },
  { id: "X3", name: "web2", labels: { role: "web", zone: "b" }, circusd: true, self: false, state: "slow" },
  { id: "X4", name: "laptop", labels: {}, circusd: false, self: false, state: "alive" },
];

/** A daemon of a circuit that answers for all; one that is asked itself is X1. */
function circuit(far: Far, members: readonly object[] = MEMBERS): Answer {
  return ({ command, properties }) => {
    if (command === "members") return { members };
    if (command !== "relay" || !isObject(properties)) return far("X1", command, properties);
    const reply = far(String(properties["server"]), String(properties["command"]), properties["properties"]);
    return reply === null
      ? refusal("Cannot carry it out: no answer", 4)
      : { server: "X9", reply: { status: "ok", time: 2.5, ...reply, id: "7" } };
  };
}

/** The names of commands with the servers that were asked, in their order. */
function asked({ requests }: Run): readonly string[] {
  return requests.flatMap((request) => {
    const { command, properties } = { command: "", properties: {}, ...request };
    if (command === "members") return [];
    return "server" in properties && "command" in properties
      ? [`${String(properties.server)} ${String(properties.command)}`]
      : [`X1 ${command}`];
  });
}

const lists = circuit((server) => ({ watchers: [`on-${server.toLowerCase()}`, "web"] }));

test("@NAME hands a command to that server and prints what it prints there", async () => {
  const run = await circusctl(["@db1", "list"], { answer: lists });
  assert.deepEqual([run.code, run.stdout, run.stderr], [0, "on-db1,web\n", ""]);
  assert.deepEqual(run.requests, [{ command: "relay", properties: { server: "db1", command: "list", properties: {}, timeout: 5 } }]);
  const option = await circusctl(["--server", "db1", "list"], { answer: lists });
  assert.deepEqual(option, run);
});

test("@NAME stands among the options, and passes the time to wait on", async () => {
  const run = await circusctl(["--timeout", "9", "@X2", "--json", "incr", "web", "--waiting"], {
    answer: circuit(() => ({ numprocesses: 3 })),
  });
  assert.equal(run.stdout, '{"status": "ok", "time": 2.5, "numprocesses": 3, "id": "7"}\n');
  assert.deepEqual(run.requests, [
    { command: "relay", properties: { server: "X2", command: "incr", properties: { name: "web", waiting: true }, timeout: 9 } },
  ]);
});

test("@NAME ends with 3 where either daemon refuses", async () => {
  const far = await circusctl(["@db1", "list", "nope"], { answer: circuit(() => refusal("program nope not found")) });
  assert.deepEqual([far.code, far.stdout, far.stderr], [3, "", "error: program nope not found\n"]);
  const near = await circusctl(["@bd1", "list"], { answer: () => refusal('There is no server "bd1" in the circuit; did you mean "db1"?') });
  assert.deepEqual([near.code, near.stderr], [3, 'error: There is no server "bd1" in the circuit; did you mean "db1"?\n']);
});

test("tail goes through another server, listen does not", async () => {
  const line = { pid: 7, stream: "stdout", time: 1, text: "hello" };
  const tail = await circusctl(["@db1", "tail", "-n", "1", "web", "7"], {
    answer: circuit(() => ({ name: "web", lines: [line], cursor: "1", missed: 0 })),
  });
  assert.deepEqual([tail.code, tail.stdout], [0, "hello\n"]);
  const listen = await circusctl(["@db1", "listen"], { answer: lists });
  assert.deepEqual(
    [listen.code, listen.stderr],
    [1, 'Cannot listen at "db1" by way of another server: name its own endpoint with --endpoint\n'],
  );
  assert.deepEqual(listen.requests, []);
});

test("one server and several exclude each other, and several want a command", async () => {
  const wrong: readonly (readonly [argv: string, complaint: string])[] = [
    ["@db1 --cluster list", "argument --cluster: not allowed where one server is named"],
    ["@db1 list --label role=web", "argument --label: not allowed where one server is named"],
    ["@db1 @web1 list", "only one server can be named: --label chooses several, --cluster all"],
    ["@ list", "@ stands before the name of a server: @NAME"],
    ["--cluster", "argument --cluster: not allowed without a command"],
    ["--label role=web", "argument --label: not allowed without a command"],
    ["@db1 --discover", "argument --server: not allowed without a command"],
    ["@db1 import x.conf", "argument --server: not allowed with a command that asks no daemon"],
  ];
  for (const [argv, complaint] of wrong) {
    const { code, stderr, requests } = await circusctl(argv.split(" "), { answer: lists });
    assert.deepEqual([code, stderr.trimEnd().split("\n").at(-1), requests], [2, `circusctl: error: ${complaint}`, []], argv);
  }
});

test("--cluster asks every server with watchers at once and prints under a heading for each", async () => {
  const run = await circusctl(["--cluster", "list"], { answer: lists });
  assert.equal(run.stdout, "db1 (X2):\non-x2,web\nweb1 (X1):\non-x1,web\nweb2 (X3):\non-x3,web\n");
  assert.deepEqual([run.code, run.stderr], [0, ""]);
  assert.deepEqual([...asked(run)].sort(), ["X1 list", "X2 list", "X3 list"]);
});

test("--cluster goes on with the others where one refuses or is silent, and ends with 3", async () => {
  const answer = circuit((server) => (server === "X2" ? refusal("no") : server === "X3" ? null : { numwatchers: 4 }));
  const { code, stdout, stderr } = await circusctl(["numwatchers", "--cluster"], { answer });
  assert.deepEqual([code, stdout], [3, "web1 (X1):\n4\n"]);
  assert.equal(stderr, "db1 (X2):\nerror: no\nweb2 (X3):\nerror: Cannot carry it out: no answer\n");
});

test("--json gives one object by server", async () => {
  const twins = [...MEMBERS, { ...MEMBERS[1], id: "X5" }];
  const answer = circuit((server) => (server === "X3" ? refusal("no") : { numwatchers: 4 }), twins);
  const { stdout } = await circusctl(["--cluster", "--json", "numwatchers"], { answer });
  const document: unknown = JSON.parse(stdout);
  assert.ok(isObject(document) && isObject(document["web1"]) && isObject(document["web2"]));
  assert.deepEqual(Object.keys(document), ["db1 (X2)", "db1 (X5)", "web1", "web2"]);
  assert.equal(document["web1"]["numwatchers"], 4);
  assert.equal(document["web2"]["reason"], "no");
});

test("--label chooses servers, and all labels must fit", async () => {
  const web = await circusctl(["--label", "role=web", "list"], { answer: lists });
  assert.deepEqual([...asked(web)].sort(), ["X1 list", "X3 list"]);
  for (const argv of [
    ["--label", "role=web", "--label", "zone=b", "list"],
    ["--label", "role=web", "list", "--label", "zone=b"],
  ]) {
    assert.deepEqual(asked(await circusctl(argv, { answer: lists })), ["X3 list"]);
  }
  const none = await circusctl(["--label", "role=cache", "list"], { answer: lists });
  assert.deepEqual([none.code, none.stderr], [1, "No server of the circuit has role=cache; circusctl members shows what there is\n"]);
  const odd = await circusctl(["--label", "role", "list"], { answer: lists });
  assert.deepEqual([odd.code, odd.stderr, odd.requests], [1, 'Cannot choose servers by "role": write --label role=web\n', []]);
});

test("what changes something goes from server to server and waits for each", async () => {
  const run = await circusctl(["--cluster", "restart", "web"], { answer: circuit(() => ({})) });
  assert.deepEqual(asked(run), ["X2 restart", "X1 restart", "X3 restart"]);
  assert.deepEqual(run.requests[1], {
    command: "relay",
    properties: { server: "X2", command: "restart", properties: { name: "web", waiting: true, match: "glob" }, timeout: 300 },
  });
  assert.equal(run.stdout, "db1 (X2):\nok\nweb1 (X1):\nok\nweb2 (X3):\nok\n");
});

test("what changes something stops at the first server that fails and says how far it came", async () => {
  const answer = circuit((server) => (server === "X1" ? refusal("it will not") : {}));
  const run = await circusctl(["--cluster", "reload", "web"], { answer });
  assert.deepEqual([run.code, asked(run)], [3, ["X2 reload", "X1 reload"]]);
  assert.equal(run.stdout, "db1 (X2):\nok\n");
  assert.equal(run.stderr, "web1 (X1):\nerror: it will not\nDone: db1 (X2)\nFailed: web1 (X1)\nNot touched: web2 (X3)\n");
  const json = await circusctl(["--cluster", "--json", "reload", "web"], { answer });
  const document: unknown = JSON.parse(json.stdout);
  assert.ok(isObject(document));
  assert.deepEqual(Object.keys(document), ["db1", "web1", "web2"]);
  assert.equal(document["web2"], null);
});

test("the daemon that is asked ends last", async () => {
  const quit = await circusctl(["--cluster", "quit"], { answer: circuit(() => ({})) });
  assert.deepEqual(asked(quit), ["X2 quit", "X3 quit", "X1 quit"]);
});

test("a server that is lost is left out and told of", async () => {
  const members = MEMBERS.map((member) => (member.id === "X2" ? { ...member, state: "lost" } : member));
  const { code, stdout, stderr } = await circusctl(["--cluster", "numwatchers"], { answer: circuit(() => ({ numwatchers: 1 }), members) });
  assert.deepEqual([code, stdout, stderr], [3, "web1 (X1):\n1\nweb2 (X3):\n1\n", "db1 (X2) is lost and was left out\n"]);
});

test("a daemon without a circuit says so", async () => {
  const { code, stderr } = await circusctl(["--cluster", "status"], { answer: () => refusal("This circusd is no server of a circuit") });
  assert.deepEqual([code, stderr], [3, "error: This circusd is no server of a circuit\n"]);
});

test("neither events nor output are followed at several servers", async () => {
  for (const argv of ["--cluster listen", "--cluster tail -f web"]) {
    const { code, stderr, requests } = await circusctl(argv.split(" "), { answer: lists });
    assert.deepEqual([code, requests], [1, []], argv);
    assert.match(stderr, /^Cannot (follow|listen at) several servers: ask one of them\n$/);
  }
});

test("words of an added command go to the servers, one after the other", async () => {
  const answer = circuit((_server, command) =>
    command === "commands" ? { commands: [{ name: "greet", summary: "", operands: "", help: "" }] } : { console: "hello" },
  );
  const one = await circusctl(["@db1", "greet", "you"], { answer });
  assert.deepEqual([one.code, one.stdout], [0, "hello\n"]);
  const all = await circusctl(["--cluster", "greet", "you"], { answer });
  assert.deepEqual(asked(all), ["X1 commands", "X2 greet", "X1 greet", "X3 greet"]);
});

test("the shell takes @NAME and --cluster before a command, and is one of a server where it is named", async () => {
  const answer = circuit((server, command) => (command === "list" ? { watchers: [server] } : { statuses: {} }));
  const { stdout } = await circusctl([], { answer, stdin: "@db1 list\n--cluster list\n" });
  assert.deepEqual(stdout.split("(circusctl) ").slice(1), ["db1\n", "db1 (X2):\nX2\nweb1 (X1):\nX1\nweb2 (X3):\nX3\n", "\n"]);
  const there = await circusctl(["@db1"], { answer, stdin: "list\n" });
  assert.ok(there.stdout.endsWith("(circusctl @db1) db1\n(circusctl @db1) \n"), there.stdout);
});

test("Tab knows the servers, and what there is at one of them", async () => {
  const answer = circuit((server) => ({ watchers: [`${server}-a`] }), [...MEMBERS, { ...MEMBERS[1], id: "X5" }]);
  const complete = async (words: string): Promise<string> => {
    const env = { AUTO_COMPLETE: "1", COMP_WORDS: words, COMP_CWORD: String(words.split(" ").length - 1) };
    return (await circusctl([], { env, answer })).stdout.trimEnd();
  };
  assert.equal(await complete("circusctl @"), "@X2 @X5 @laptop @web1 @web2");
  assert.equal(await complete("circusctl @we"), "@web1 @web2");
  assert.equal(await complete("circusctl @web2 numw"), "numwatchers");
  assert.equal(await complete("circusctl @web2 status "), "web2-a");
});
