import assert from "node:assert/strict";
import test from "node:test";
import type { SpawnPlan } from "../../../src/core/ports.js";
import { makeCommandLine } from "../../../src/os/command-line.js";
import { planLimits } from "../../../src/os/limits.js";
import { loadNative } from "../../../src/os/native.js";
import { parseStat } from "../../../src/os/proc-table.js";
import { findProgram } from "../../../src/os/program.js";
import { decodeExit } from "../../../src/os/reaper.js";
import { PLAIN } from "../../helpers/processes.js";

const FIELDS = "S 7 12 13 0 -1 4194560 103 0 0 0 5 6 0 0 20 -5 1 0 4242 2560000 250 18446744073709551615";

test("parseStat() reads names that hold brackets, blanks and line ends", () => {
  for (const name of ["sleep", "a) R 1 1 1 (b", "two\nlines", ""]) {
    const stat = parseStat(`12 (${name}) ${FIELDS}\n`);
    assert.deepEqual(stat, {
      pid: 12,
      state: "S",
      parent: 7,
      group: 12,
      session: 13,
      userTicks: 5,
      systemTicks: 6,
      nice: -5,
      start: 4242,
      virtual: 2560000,
      residentPages: 250,
    });
  }
});

test("parseStat() takes nothing that is cut short", () => {
  for (const text of ["", "12", "12 (sleep", "12 (sleep) S 1 2"]) assert.equal(parseStat(text), null);
});

test("decodeExit() tells codes, signals and core dumps apart", () => {
  assert.deepEqual(decodeExit(0), { kind: "exited", code: 0 });
  assert.deepEqual(decodeExit(255 << 8), { kind: "exited", code: 255 });
  assert.deepEqual(decodeExit(15), { kind: "signalled", signal: 15, core: false });
  assert.deepEqual(decodeExit(11 | 0x80), { kind: "signalled", signal: 11, core: true });
});

test("findProgram() passes over what may not be executed and says so when there is nothing else", () => {
  const refusal = (): null => null;
  const search = { directory: null, refusal, path: "/etc:/usr/bin:/bin" };
  assert.deepEqual(findProgram("./x", search), { ok: true, value: "./x" });
  assert.match(JSON.stringify(findProgram("sh", search)), /"\/usr\/bin\/sh"|"\/bin\/sh"/);
  const refused = findProgram("passwd", { directory: null, refusal, path: "/etc" });
  assert.ok(!refused.ok && refused.failure.code === "EACCES");
});

test("findProgram() passes over what the worker's user may not execute", () => {
  const refusal = (file: string): string | null => (file === "/bin/sh" ? "refused" : null);
  const search = { directory: null, refusal };
  assert.deepEqual(findProgram("sh", { ...search, path: "/bin:/bin/" }), { ok: true, value: "/bin//sh" });
  assert.deepEqual(findProgram("sh", { ...search, path: "/bin" }), { ok: false, failure: { code: "EACCES", message: "refused" } });
});

test("makeCommandLine() adds nothing where neither sockets nor limits are asked for", () => {
  const plan: SpawnPlan = { ...PLAIN, argv: ["name", "-x"], executable: "/bin/sh", env: { A: "1" } };
  assert.deepEqual(makeCommandLine(plan, { file: "/bin/sh", prefix: [], changesUser: false }), {
    ok: true,
    value: { path: "/bin/sh", argv: ["name", "-x"], env: ["A=1"] },
  });
});

test("makeCommandLine() keeps values of the environment out of the arguments, which everybody may read", () => {
  const plan: SpawnPlan = { ...PLAIN, env: { SECRET: "s3cret", LISTEN_PID: "1" }, sockets: [{ name: "a:b", fd: 9 }] };
  const made = makeCommandLine(plan, { file: "/bin/true", prefix: [], changesUser: false });
  assert.ok(made.ok);
  assert.ok(!made.value.argv.join(" ").includes("s3cret"));
  assert.deepEqual(made.value.env, ["SECRET=s3cret", "LISTEN_FDS=1", "LISTEN_FDNAMES=a_b"]);
});

test("makeCommandLine() hides from tools that run as root what would load code into them", () => {
  const env = { PATH: "/bin", LD_LIBRARY_PATH: "/home/web/lib", LD_PRELOAD: "", SECRET: "s3cret" };
  const made = makeCommandLine({ ...PLAIN, env }, { file: "/bin/true", prefix: ["/usr/bin/setpriv", "--"], changesUser: true });
  assert.ok(made.ok);
  assert.deepEqual(made.value.env, ["PATH=/bin", "SECRET=s3cret"]);
  assert.match(made.value.argv.join(" "), /^\/usr\/bin\/setpriv -- \S+\/env LD_LIBRARY_PATH=\/home\/web\/lib LD_PRELOAD= true$/);
});

test("planLimits() names the package that prlimit comes with where it is missing", () => {
  const refused = planLimits(loadNative(), null, { core: 0 });
  assert.ok(!refused.ok);
  assert.match(refused.failure.message, /util-linux/);
});

test("planLimits() takes -1 as no limit, as Python does", () => {
  const native = { ...loadNative(), ownLimit: () => ({ ok: true, value: { soft: 1n, hard: 2n ** 64n - 1n } }) as const };
  const planned = planLimits(native, "prlimit", { core: -1 });
  assert.ok(planned.ok && planned.value.includes("--core=unlimited:unlimited"));
});

test("planLimits() tries a higher hard limit and puts the own one back", () => {
  const asked: bigint[] = [];
  const native = {
    ...loadNative(),
    ownLimit: () => ({ ok: true, value: { soft: 10n, hard: 20n } }) as const,
    setOwnLimit: (_: number, limit: { readonly hard: bigint }) => (asked.push(limit.hard), { ok: true, value: undefined } as const),
  };
  const planned = planLimits(native, "prlimit", { nofile: 30, core: 20 });
  assert.deepEqual(planned, { ok: true, value: ["prlimit", "--nofile=30:30", "--core=20:20", "--"] });
  assert.deepEqual(asked, [30n, 20n]);
});
