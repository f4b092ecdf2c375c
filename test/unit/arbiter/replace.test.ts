/** The first half of a restart, where it cannot be carried out. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Move } from "../../../src/arbiter/premises.js";
import { ARBITER_DEFAULTS } from "../../../src/core/options.js";
import { replace, type Estate } from "../../../src/arbiter/replace.js";
import type { Config } from "../../../src/core/spec.js";

const PRESENT: Config = {
  arbiter: ARBITER_DEFAULTS,
  sockets: [],
  watchers: [],
  plugins: [],
  cluster: null,
};
const NEXT: Config = { ...PRESENT };

interface Troubles {
  readonly stuck?: readonly string[];
  /** Configurations whose addresses cannot be moved to. */
  readonly taken?: readonly Config[];
}

function estate({ stuck = [], taken = [] }: Troubles): { readonly estate: Estate; readonly deeds: string[] } {
  const deeds: string[] = [];
  const nameOf = (config: Config) => (config === NEXT ? "next" : "present");
  const wanted = new Map<Move, Config>();
  const runner = (isUp: boolean, name: string) => ({
    isUp,
    command: ({ kind }: { readonly kind: string }) => {
      deeds.push(`${kind} ${name}`);
      return Promise.resolve({ ok: false, reason: "" } as const);
    },
  });
  return {
    deeds,
    estate: {
      watchers: { inOrder: () => [runner(true, "web"), runner(false, "idle")] },
      fleet: { stop: () => Promise.resolve(stuck) },
      premises: {
        prepare: (config) => {
          const move: Move = { endpoints: { wanted: config.arbiter, control: null, events: null }, leaving: [], sockets: [] };
          wanted.set(move, config);
          return Promise.resolve(move);
        },
        move: (move) => {
          const config = wanted.get(move) ?? PRESENT;
          deeds.push(`move to ${nameOf(config)}`);
          return taken.includes(config) ? Promise.reject(new Error("address in use")) : Promise.resolve();
        },
        discard: () => {
          deeds.push("discard");
          return Promise.resolve();
        },
      },
      present: PRESENT,
      guard: () => undefined,
      giveUp: ({ message }) => deeds.push(message),
    },
  };
}

test("replace() keeps everything where a watcher does not stop, and names it", async () => {
  const { estate: given, deeds } = estate({ stuck: ["web"] });
  await assert.rejects(replace(NEXT, given), /Cannot restart: "web" did not stop/);
  assert.deepEqual(deeds, ["discard", "start web"]);
});

test("replace() goes back where an address cannot be had, and starts what ran", async () => {
  const { estate: given, deeds } = estate({ taken: [NEXT] });
  await assert.rejects(replace(NEXT, given), /Cannot restart: address in use/);
  assert.deepEqual(deeds, ["move to next", "move to present", "start web"]);
});

test("replace() gives up where there is no way back either", async () => {
  const { estate: given, deeds } = estate({ taken: [NEXT, PRESENT] });
  await assert.rejects(replace(NEXT, given), /Cannot restart/);
  assert.match(deeds.join("\n"), /Cannot go back to the configuration before the restart: address in use/);
});
