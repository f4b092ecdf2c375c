/** The rooms of the house and who may import whom (docs/decisions/001-house.md), as data that every build is held to. */
import assert from "node:assert/strict";
import test from "node:test";
import { circles, importsOf, readSources, type Import, type Sources } from "./helpers/import-graph.js";
import { repositoryRoot } from "./helpers/root.js";

interface Room {
  readonly floor: number;
  /** Other rooms of a lower floor. */
  readonly rooms: readonly string[];
  /** Node's own modules: none, any, or by name. */
  readonly node?: "any" | readonly string[];
}

const ROOMS: Readonly<Record<string, Room>> = {
  core: { floor: 0, rooms: [] },
  config: { floor: 1, rooms: ["core"] },
  os: { floor: 1, rooms: ["core"], node: "any" },
  wire: { floor: 1, rooms: ["core"] },
  client: { floor: 2, rooms: ["core", "wire"] },
  arbiter: { floor: 2, rooms: ["core", "wire"] },
  stats: { floor: 3, rooms: ["core", "wire", "client"] },
  plugin: { floor: 3, rooms: ["core", "wire", "client"] },
  circuit: { floor: 2, rooms: ["core", "wire"] },
  cluster: { floor: 3, rooms: ["core", "wire", "client", "circuit"] },
  // The interactive shell reads lines from a terminal and keeps a history; programs and sockets stay with os.
  cli: {
    floor: 4,
    rooms: ["core", "wire", "client", "circuit"],
    node: ["node:fs", "node:fs/promises", "node:os", "node:path", "node:readline", "node:stream"],
  },
  // The console reads its own files, checks passwords and holds connections; processes and descriptors stay with os.
  web: {
    floor: 4,
    rooms: ["core", "wire", "client", "circuit"],
    node: ["node:crypto", "node:fs/promises", "node:http", "node:https", "node:net", "node:path", "node:util", "node:zlib"],
  },
  main: {
    floor: 5,
    rooms: ["core", "config", "os", "wire", "client", "arbiter", "stats", "plugin", "circuit", "cluster", "cli", "web"],
    node: "any",
  },
  // The public names, and nothing else.
  "index.ts": { floor: 6, rooms: ["core", "client", "main"] },
};

/** Places inside a room that may use more of Node than their room. */
const NODE_EXCEPTIONS: Readonly<Record<string, readonly string[] | "any">> = {
  "src/config/load.ts": ["node:fs", "node:fs/promises", "node:path"],
  "src/wire/zmq/": "any",
  "src/web/page/": [],
};

/** Each package belongs to one room; docs/dependencies.md tells why it is there. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@fastify/cookie": ["src/web/"],
  "@fastify/swagger": ["src/web/"],
  "@fastify/websocket": ["src/web/"],
  blessed: ["src/cli/top/"],
  "@msgpack/msgpack": ["src/cluster/serf/"],
  "dns-packet": ["src/cluster/nameserver/"],
  fastify: ["src/web/"],
  pidusage: ["src/os/"],
  preact: ["src/web/page/"],
  "prom-client": ["src/web/"],
  uplot: ["src/web/page/"],
  ini: ["src/os/"],
  koffi: ["src/os/"],
  valibot: ["src/wire/"],
  yaml: ["src/os/"],
  yargs: ["src/cli/"],
  zeromq: ["src/wire/zmq/"],
};

function faultsOf(sources: Sources): string[] {
  const imports = importsOf(sources);
  const faults = imports.flatMap((one) => [faultOf(one), faultOfPage(one)]).filter((fault) => fault !== null);
  const strangers = [...sources.keys()].filter((file) => ROOMS[roomOf(file)] === undefined);
  return [
    ...strangers.map((file) => `${file} stands in no room: add "${roomOf(file)}" to the table`),
    ...faults,
    ...circles(imports).map((walk) => `imports go in a circle: ${walk.join(" -> ")}`),
  ];
}

function faultOf({ from, to, relative }: Import): string | null {
  const room = roomOf(from);
  if (to.startsWith("node:")) return mayUseNode(from, room, to) ? null : `${from} may not import "${to}"`;
  if (!relative) return (PACKAGES[packageOf(to)] ?? []).some((place) => from.startsWith(place)) ? null : `${from} may not import "${to}"`;
  const target = roomOf(to);
  if (!to.startsWith("src/")) return `${from} may not import "${to}", which is outside src`;
  if (target === room || (ROOMS[room]?.rooms ?? []).includes(target)) return null;
  return `${from} may not import "${to}": ${room} does not know ${target}`;
}

/** The page is for browsers: of the rest of the house it takes what is pure, and types. */
const PAGE = "src/web/page/";
const PAGE_MAY_KNOW = ["src/web/api.ts", "src/wire/contract.ts"];

function faultOfPage({ from, to, relative }: Import): string | null {
  const within = [from, to].map((file) => file.startsWith(PAGE));
  if (!relative || within.every((one) => one === within[0])) return null;
  if (within[1] === true) return `${from} may not import "${to}": the page is bundled, not loaded`;
  return to.startsWith("src/core/") || PAGE_MAY_KNOW.includes(to) ? null : `${from} may not import "${to}": it is not for browsers`;
}

function roomOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function mayUseNode(file: string, room: string, module: string): boolean {
  const exception = Object.entries(NODE_EXCEPTIONS).find(([place]) => file === place || (place.endsWith("/") && file.startsWith(place)));
  const allowed = exception?.[1] ?? ROOMS[room]?.node ?? [];
  return allowed === "any" || allowed.includes(module);
}

function source(): Map<string, string> {
  return new Map(readSources(repositoryRoot(), ["src"], [".ts", ".tsx"]));
}

test("every import in src points where the table allows it, and none goes round in a circle", () => {
  assert.deepEqual(faultsOf(source()), []);
});

test("the table itself lets a room know lower floors alone", () => {
  for (const [name, { floor, rooms }] of Object.entries(ROOMS)) {
    for (const other of rooms) assert.ok((ROOMS[other]?.floor ?? Infinity) < floor, `${name} may not know ${other}`);
  }
});

const PLANTED: readonly (readonly [title: string, file: string, text: string, fault: RegExp])[] = [
  ["a value from a higher floor", "src/core/x.ts", 'import { a } from "../wire/codec.js";', /core does not know wire/],
  ["a type from a higher floor", "src/wire/x.ts", 'import type { A } from "../client/call.js";', /wire does not know client/],
  ["a neighbour on the same floor", "src/cli/x.ts", 'import { a } from "../web/server.js";', /cli does not know web/],
  ["os from anywhere but main", "src/arbiter/x.ts", 'export { a } from "../os/clock.js";', /arbiter does not know os/],
  ["an import that is an expression", "src/config/x.ts", 'const a = await import("../os/clock.js");', /config does not know os/],
  ["an import inside a type", "src/core/x.ts", 'type A = import("../config/load.js").A;', /core does not know config/],
  ["Node where it is not allowed", "src/core/x.ts", 'import fs from "node:fs";', /may not import "node:fs"/],
  ["a package in a foreign room", "src/cli/x.ts", 'import koffi from "koffi";', /may not import "koffi"/],
  ["a package that nobody listed", "src/os/x.ts", 'import x from "@some/thing/deep";', /may not import "@some\/thing\/deep"/],
  ["a file outside src", "src/main/x.ts", 'import x from "../../test/helpers/temp.js";', /outside src/],
  ["a room that is not in the table", "src/utils/x.ts", "export {};", /stands in no room/],
  ["Node in the page", "src/web/page/x.tsx", 'import fs from "node:fs/promises";', /may not import "node:fs\/promises"/],
  ["the server in the page", "src/web/page/x.tsx", 'import { a } from "../server.js";', /not for browsers/],
  ["the page in the server", "src/web/x.ts", 'import { a } from "./page/app.js";', /bundled, not loaded/],
  ["a file that imports itself", "src/core/x.ts", 'import "./x.js";', /go in a circle/],
];

for (const [title, file, text, fault] of PLANTED) {
  test(`the check catches ${title}`, () => {
    const found = faultsOf(new Map([[file, text]]));
    assert.ok(
      found.some((one) => fault.test(one)),
      `found only: ${found.join("; ")}`,
    );
  });
}

test("the check catches a circle of three files through types", () => {
  const circle = new Map([
    ["src/core/a.ts", 'import type { B } from "./b.js";'],
    ["src/core/b.ts", 'import type { C } from "./c.js";'],
    ["src/core/c.ts", 'import type { A } from "./a.js";\nimport "./d.js";'],
    ["src/core/d.ts", ""],
  ]);
  assert.deepEqual(faultsOf(circle), ["imports go in a circle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts"]);
});

test("programs in bin only open the door: src/main", () => {
  const imports = importsOf(readSources(repositoryRoot(), ["bin"], [".js"]));
  assert.deepEqual(
    imports.filter(({ to }) => !to.startsWith("dist/src/main/") && !to.startsWith("node:")),
    [],
  );
});

test("plugins and examples use circusd by its public names", () => {
  const allowed = /^(node:.*|circusd(\/(circuit|client|plugin))?|croner|hot-shots|ioredis)$/;
  const deep = importsOf(readSources(repositoryRoot(), ["plugins", "examples"], [".ts", ".js"])).filter(({ from, to, relative }) =>
    relative ? to.split("/")[0] !== from.split("/")[0] : !allowed.test(to),
  );
  assert.deepEqual(deep, []);
});

test("tests of whole programs do not reach inside them", () => {
  const imports = importsOf(readSources(repositoryRoot(), ["test/e2e"], [".ts"]));
  assert.deepEqual(
    imports.filter(({ to }) => to.startsWith("src/") || to.startsWith("dist/")),
    [],
  );
});
