/** Flags as Circuit's tool takes them, and JSON as it prints it. */
import assert from "node:assert/strict";
import test from "node:test";
import { flagTitle, readLine, type Flag } from "../../../../src/cli/circuit/flags.js";
import { goJson, parseLoose } from "../../../../src/cli/circuit/go-json.js";
import { readStart } from "../../../../src/cli/circuit/start.js";
import { COMMAND_FLAGS, DIAL_FLAGS } from "../../../../src/cli/circuit/options.js";

const FLAGS: readonly Flag[] = [DIAL_FLAGS.dial, DIAL_FLAGS.discover, COMMAND_FLAGS.long, COMMAND_FLAGS.depth];

function read(...argv: readonly string[]) {
  const line = readLine(argv, FLAGS);
  assert.ok(line.ok, line.ok ? "" : line.failure);
  const { flags, words, rest } = line.value;
  return { dial: flags.all("dial"), discover: flags.text("discover"), long: flags.has("long"), words, rest };
}

function refusal(...argv: readonly string[]): string {
  const line = readLine(argv, FLAGS);
  return line.ok ? assert.fail(`"${argv.join(" ")}" was taken`) : line.failure;
}

test("a flag has one dash or two, its value behind it or behind =, and stands before or after arguments", () => {
  const wanted = { dial: ["a:1"], discover: null, long: true, words: ["/x"], rest: null };
  for (const argv of [
    ["-d", "a:1", "-l", "/x"],
    ["--dial", "a:1", "--long", "/x"],
    ["-dial=a:1", "/x", "-long"],
    ["/x", "--d=a:1", "-l=true"],
  ]) {
    assert.deepEqual(read(...argv), wanted);
  }
  assert.deepEqual(read("-discover", "", "/", "-l=false"), { dial: [], discover: "", long: false, words: ["/"], rest: null });
  assert.deepEqual(read("-d", "a:1", "-d", "b:2").dial, ["a:1", "b:2"]);
});

test("negative numbers and the lone dash are words, and all that stands behind -- is", () => {
  assert.deepEqual(read("/x", "-1", "-").words, ["/x", "-1", "-"]);
  assert.deepEqual(read("/x", "--", "ls", "-l"), { dial: [], discover: null, long: false, words: ["/x"], rest: ["ls", "-l"] });
});

test("a flag that is none is refused with the one that may have been meant", () => {
  assert.equal(refusal("--dail", "x"), 'there is no flag "--dail"; did you mean --dial?');
  assert.match(refusal("-x"), /^there is no flag "-x"; what begins with a dash and is no flag stands after --$/);
  assert.equal(refusal("-d"), "--dial wants a value: --dial ADDRESS");
  assert.equal(refusal("-l=maybe"), '--long takes no value, but was given "maybe"');
  assert.equal(flagTitle(COMMAND_FLAGS.depth), "--depth");
  assert.equal(flagTitle(DIAL_FLAGS.dial), "-d, --dial ADDRESS");
});

test("JSON is printed as Go prints it, and read with the commas of Circuit's tutorials", () => {
  assert.equal(
    goJson({ Args: ["a>b&c<d"], Env: null, None: [], More: {} }),
    '{\n\t"Args": [\n\t\t"a\\u003eb\\u0026c\\u003cd"\n\t],\n\t"Env": null,\n\t"None": [],\n\t"More": {}\n}',
  );
  assert.equal(goJson(undefined), "null");
  assert.deepEqual(parseLoose('{"Path": "/bin/ls,]", "Args": ["/", "a\\",}",\n],\n}'), { Path: "/bin/ls,]", Args: ["/", 'a",}'] });
  assert.throws(() => parseLoose('{"Path": }'), SyntaxError);
});

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ReturnType<typeof readStart> {
  const own = Object.values(COMMAND_FLAGS).filter((flag) => flag !== COMMAND_FLAGS.label && flag !== COMMAND_FLAGS.profile);
  const line = readLine(argv, [...own, DIAL_FLAGS.discover, DIAL_FLAGS.hmac]);
  assert.ok(line.ok);
  return readStart(line.value.flags, env);
}

test("the flags of start are read with the environment behind them", () => {
  const argv = ["-a", "10.0.0.1:0", "-j", "x:1", "--join", "y:2", "-docker", "--label", "role=web", "-discover", ""];
  assert.deepEqual(start(argv, { CIRCUIT_DISCOVER: "228.8.8.8:8822", CIRCUIT_HMAC: "/k" }), {
    ok: true,
    value: {
      addr: "10.0.0.1:0",
      device: null,
      advertise: null,
      join: ["x:1", "y:2"],
      discover: null,
      keyFile: "/k",
      stateDir: null,
      docker: true,
      name: null,
      labels: { role: "web" },
      engine: null,
    },
  });
});

test("start refuses a place where nobody could find it, wherever that was said", () => {
  const refusals: readonly (readonly [argv: readonly string[], env: Readonly<Record<string, string>>, failure: RegExp])[] = [
    [["-discover", "10.0.0.1:8822"], {}, /^"10\.0\.0\.1:8822", from --discover, is no multicast address such as 228\.8\.8\.8:8822$/],
    [[], { CIRCUIT_DISCOVER: "228.8.8.8" }, /^"228\.8\.8\.8", from \$CIRCUIT_DISCOVER, is no multicast address/],
    [["--advertise", "http://web1"], {}, /^--advertise takes HOST or HOST:PORT, not "http:\/\/web1"$/],
  ];
  for (const [argv, env, failure] of refusals) {
    const read = start(argv, env);
    assert.match(read.ok ? assert.fail(`${argv.join(" ")} was taken`) : read.failure, failure);
  }
  assert.equal(start(["--advertise", "[fd00::2]:11022"]).ok, true);
  assert.equal(start(["--advertise", "web1"]).ok, true);
});
