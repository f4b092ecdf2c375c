/** [cluster] of circus.ini. */
import assert from "node:assert/strict";
import test from "node:test";
import { CLUSTER_DEFAULTS } from "../../../src/core/options.js";
import { parseIni } from "../../../src/config/ini.js";
import { readSections } from "../../../src/config/schema.js";

function read(text: string, environment: Readonly<Record<string, string>> = {}) {
  const { sections } = parseIni(text, "/etc/circus/circus.ini");
  return readSections(sections, { environment, sockets: [], resolvePath: (path, file) => `${file}>${path}` });
}

test("a configuration without [cluster] is no server", () => {
  assert.equal(read("[circus]\n").config.cluster, null);
});

test("an empty [cluster] is a server that is reached from its own host", () => {
  const { config, diagnostics } = read("[cluster]\n");
  assert.deepEqual(config.cluster, CLUSTER_DEFAULTS);
  assert.deepEqual(diagnostics, []);
});

test("every option of [cluster] is read, paths from where they are written", () => {
  const { config, diagnostics } = read(
    `[cluster]
listen = 10.0.0.1:4000
advertise = one.example.org
join = 10.0.0.2:11022 circuit://10.0.0.3:1/7/Q0123456789abcdef
discovery = 228.8.8.8:8822
key_file = $(circus.env.KEY)
name = one
labels = role=web zone=eu-1
engine = SERF
state_dir = state
docker = yes
serf_bind = [::1]:7946
serf_profile = wan
`,
    { KEY: "cluster.key" },
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(config.cluster, {
    listen: "10.0.0.1:4000",
    advertise: "one.example.org",
    join: ["10.0.0.2:11022", "circuit://10.0.0.3:1/7/Q0123456789abcdef"],
    discover: "228.8.8.8:8822",
    keyFile: "/etc/circus/circus.ini>cluster.key",
    name: "one",
    labels: { role: "web", zone: "eu-1" },
    engine: "serf",
    stateDir: "/etc/circus/circus.ini>state",
    docker: true,
    serfBind: "[::1]:7946",
    serfProfile: "wan",
  });
});

for (const [line, fault] of [
  ["listen = here", /Cannot use listen "here" in \[cluster\]: expected HOST:PORT/],
  ["listen = 127.0.0.1:70000", /expected HOST:PORT/],
  ["advertise = a b", /expected HOST or HOST:PORT/],
  ["join = 10.0.0.2", /Cannot use join "10.0.0.2" in \[cluster\]: "10.0.0.2" is no address of a server; write HOST:PORT/],
  ["discovery = 10.0.0.1:8822", /expected a multicast group such as 228.8.8.8:8822/],
  ["name = a/b", /Cannot use name "a\/b" in \[cluster\]: expected a name without a slash/],
  ["labels = web", /expected labels such as role=web zone=eu-1, not "web"/],
  ["engine = raft", /expected one of mesh, serf/],
] as const) {
  test(`"${line}" is told as an error with its line`, () => {
    const { diagnostics, faulty } = read(`[cluster]\n${line}\n`);
    assert.equal(diagnostics.length, 1);
    assert.match(diagnostics[0]?.message ?? "", fault);
    assert.deepEqual(diagnostics[0]?.place, { file: "/etc/circus/circus.ini", line: 2 });
    assert.equal(faulty.cluster, true);
  });
}

test("a word that is no option of [cluster] is a warning with a near one", () => {
  const { diagnostics } = read("[cluster]\nlable = a=b\n");
  assert.match(diagnostics[0]?.message ?? "", /"lable" in \[cluster\] is not an option and is ignored \(did you mean "labels"\?\)/);
});
