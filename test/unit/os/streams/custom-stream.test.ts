import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { checkCustomStream, loadCustomStream } from "../../../../src/os/streams/custom-stream.js";
import { repositoryPath } from "../../../helpers/root.js";
import { tempDir } from "../../../helpers/temp.js";

const MODULE = repositoryPath("test", "fixtures", "stream-classes.cjs");

test("a stream that does not open in time is refused, and closed when it opens after all", async (t) => {
  const file = (await tempDir(t)).join("out");
  let delay = 0;
  let ring: () => void = () => assert.fail("no limit was set");
  const after = (limit: number, run: () => void): (() => void) => {
    delay = limit;
    ring = run;
    return () => undefined;
  };
  const opening = loadCustomStream({ module: MODULE, name: "OpensWhenTold" }, { file }, { after });
  assert.equal(delay, 30_000);
  // Only a stream that was made by then is closed later.
  while (!fs.existsSync(`${file}.made`)) await new Promise((resolve) => setTimeout(resolve, 5));
  ring();
  const failure = `Cannot open stream "${MODULE}:OpensWhenTold": its module or its open() took more than 30 s; make it quicker`;
  assert.deepEqual(await opening, { ok: false, failure });
  fs.writeFileSync(file, "");
  while (fs.readFileSync(file, "utf8") !== "close\n") await new Promise((resolve) => setTimeout(resolve, 5));
});

test("the limit ends with the opening of a stream", async (t) => {
  const file = (await tempDir(t)).join("out");
  let cancelled = 0;
  const after = (): (() => void) => () => cancelled++;
  const opened = await loadCustomStream({ module: MODULE, name: "Collects" }, { file }, { after });
  assert.equal(opened.ok, true);
  assert.equal(cancelled, 1);
});

test("a check of a class whose module never loads ends at the limit", async (t) => {
  const module = await (await tempDir(t)).write("hangs.mjs", "await new Promise(() => undefined);\nexport class Never {}\n");
  const checked = await checkCustomStream(
    { module, name: "Never" },
    {
      after: (_limit, run) => {
        setImmediate(run);
        return () => undefined;
      },
    },
  );
  const failure = `Cannot load stream class "${module}:Never": its module took more than 30 s; let it await nothing at its top level`;
  assert.deepEqual(checked, { ok: false, failure });
});
