import assert from "node:assert/strict";
import test from "node:test";
import { findPluginClass } from "../../../src/plugin/find-class.js";
import { CircusPlugin } from "../../../src/plugin/index.js";

class Logger extends CircusPlugin {
  override handleRecv(): void {}
}

class Other extends Logger {}

/** A class of another copy of this package, as a module of elsewhere may have it. */
class Foreign {
  handleInit(): void {}
  handleRecv(): void {}
  handleStop(): void {}
  stopTimers(): void {}
}

/** What JavaScript lets pass. */
abstract class Deaf extends CircusPlugin {}

class Stranger {
  readonly name = "stranger";
}

const FOUND: readonly (readonly [title: string, module: unknown, name: string | null, found: unknown])[] = [
  ["the export of that name", { Logger, Other }, "Other", Other],
  ["the default export where no name is given", { default: Logger, Other }, null, Logger],
  ["the only class of plugins where there is no default export", { Logger, helper: () => 1, VERSION: "1" }, null, Logger],
  ["an export of a CommonJS module that Node did not see by name", { default: { Logger } }, "Logger", Logger],
  ["the only class of a CommonJS module", { default: { Logger }, "module.exports": { Logger } }, null, Logger],
  ["a class that extends another copy of CircusPlugin", { Foreign }, null, Foreign],
];

for (const [title, module, name, found] of FOUND) {
  test(`findPluginClass() finds ${title}`, () => {
    assert.deepEqual(findPluginClass(module, name), { ok: true, value: found });
  });
}

const FAULTS: readonly (readonly [module: unknown, name: string | null, failure: RegExp])[] = [
  [{ Logger }, "Loger", /^it has no export "Loger"; it exports "Logger"$/],
  [{}, "Logger", /^it has no export "Logger"; it exports nothing by name$/],
  [{ Logger: 7 }, "Logger", /^its export "Logger" is no class but of type number$/],
  [{ Logger: Stranger }, "Logger", /^its export "Logger" does not extend CircusPlugin; import it from "circusd\/plugin"$/],
  [{ default: () => 1 }, null, /^its default export does not extend CircusPlugin/],
  [{ Deaf }, "Deaf", /^its export "Deaf" has no method handleRecv, which takes every event; add one, if only an empty one$/],
  [{ helper: () => 1 }, null, /^none of its exports is a class that extends CircusPlugin; it exports "helper"$/],
  [{ Logger, Other }, null, /^it exports several plugins; add ":Logger" or another of "Logger", "Other" to say which$/],
];

for (const [module, name, failure] of FAULTS) {
  test(`findPluginClass() tells what is wrong: ${failure.source.slice(1)}`, () => {
    const found = findPluginClass(module, name);
    assert.ok(!found.ok);
    assert.match(found.failure, failure);
  });
}
