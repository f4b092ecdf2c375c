/** Regular expressions of users, which may take for ever: each gets a moment and no more. */
import { createContext, runInContext } from "node:vm";
import type { MatchNames } from "../core/ports.js";
import { fail, succeed } from "../core/result.js";

/** Milliseconds that all names together may take: long enough on a machine that is busy, short enough to be waited for. */
const PATIENCE = 500;

const SEARCH = "const regex = new RegExp(`^(?:${pattern})`, 'i'); names.flatMap((name, at) => (regex.test(name) ? [at] : [])).join()";

/**
 * The names that a pattern matches from their beginning on, not necessarily to their end, as Python's re.match does; case
 * makes no difference. The failure says what is wrong with the pattern.
 */
export const matchNames: MatchNames = (pattern, names) => {
  try {
    const context = createContext({ pattern, names: [...names] }, { codeGeneration: { strings: false, wasm: false } });
    const found: unknown = runInContext(SEARCH, context, { timeout: PATIENCE });
    const indices = typeof found === "string" && found !== "" ? found.split(",").map(Number) : [];
    return succeed(names.filter((_, index) => indices.includes(index)));
  } catch (cause) {
    // What is thrown inside belongs to the context: it is no Error of ours.
    const { code, message } = Object(cause) as { readonly code?: unknown; readonly message?: unknown };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      return fail(`Cannot match the regular expression "${pattern}": it takes too long; write it without nested repetitions`);
    }
    return fail(`Cannot read the regular expression "${pattern}": ${String(message ?? cause)}`);
  }
};
