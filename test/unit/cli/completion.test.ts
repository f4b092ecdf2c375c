import assert from "node:assert/strict";
import test from "node:test";
import { circusctl } from "../../helpers/circusctl.js";

/** The words of the line, the number of the word at the cursor, and what bash gets. */
const COMPLETIONS: readonly (readonly [string, number, string])[] = [
  ["circusctl st", 1, "start stats status stop"],
  ["circusctl rel", 1, "relay reload reloadconfig"],
  ["circusctl zzz", 1, ""],
  ["circusctl --ti", 1, "--timeout"],
  ["circusctl help ki", 2, "kill"],
  ["circusctl status ", 2, "api web web2"],
  ["circusctl status", 2, "api web web2"],
  ["circusctl incr we", 2, "web web2"],
  ["circusctl tail web a", 3, "api"],
  ["circusctl rm web --n", 3, "--nostop"],
  ["circusctl add we", 2, ""],
  ["circusctl list web we", 3, ""],
  ["circusctl bogus we", 2, ""],
];

test("bash completion gives commands, options and the daemon's watchers, and ends with 1", async () => {
  for (const [words, position, expected] of COMPLETIONS) {
    const { code, stdout } = await circusctl([], {
      env: { AUTO_COMPLETE: "1", COMP_WORDS: words, COMP_CWORD: String(position) },
      answer: () => ({ watchers: ["web2", "web", "api"] }),
    });
    assert.deepEqual([code, stdout], [1, `${expected}\n`], words);
  }
});
