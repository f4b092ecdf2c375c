/** Where circusd's own helper programs stand: beside it. */
import { fileURLToPath } from "node:url";
import { withOwnWatchers } from "../config/own-watchers.js";
import type { Loaded } from "../core/spec.js";
import { serfFile, serfWords } from "./circuit/serf-program.js";
import { ownStateDir } from "./circuit/state-dir.js";

/** Adds the helpers that a configuration asks for; one that cannot be had is told in the diagnostics. */
export function addOwnWatchers(loaded: Loaded): Loaded {
  return withOwnWatchers(loaded, {
    circusd: process.pid,
    node: process.execPath,
    stats: program("circusd-stats"),
    web: program("circushttpd"),
    plugin: program("circus-plugin"),
    serf: () => serfWords(process.env["PATH"]),
    serfFile: ({ stateDir, listen }) => serfFile(stateDir ?? ownStateDir(), listen),
  });
}

function program(name: string): string {
  return fileURLToPath(new URL(`../../../bin/${name}.js`, import.meta.url));
}
