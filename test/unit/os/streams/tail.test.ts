import assert from "node:assert/strict";
import test from "node:test";
import type { OutputStreamName, TailPage, TailQuery } from "../../../../src/core/ports.js";
import { PAGE_BYTES, PAGE_LINES } from "../../../../src/os/streams/tail/page.js";
import { LINE_ALLOWANCE, Ring } from "../../../../src/os/streams/tail/ring.js";
import { ENDED_KEPT, MAX_WAITING, Tail } from "../../../../src/os/streams/tail/tail.js";

interface Bench {
  readonly tail: Tail;
  readonly at: { time: number };
  /** A process with one stream. */
  readonly begin: (pid: number, stream?: OutputStreamName) => { readonly say: (text: string | Buffer) => void; readonly end: () => void };
  readonly read: (query?: Partial<TailQuery>) => TailPage;
}

function bench(lines: number): Bench {
  const at = { time: 0 };
  const tail = new Tail({ clock: { epoch: () => at.time }, life: "life" });
  tail.resize(lines);
  return {
    tail,
    at,
    begin: (pid, stream = "stdout") => {
      const inlet = tail.begin({ pid }, stream);
      return { say: (text) => inlet.push(Buffer.from(text)), end: () => inlet.end() };
    },
    read: (query = {}) => tail.read({ pid: null, stream: null, lines: null, after: null, ...query }),
  };
}

function texts(page: TailPage): readonly string[] {
  return page.lines.map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
}

/** Numbers in [0, 1) that are the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test("an unfinished line is shown when it is finished, or when its process has ended", () => {
  const { begin, read } = bench(10);
  const worker = begin(1);
  worker.say("one\ntw");
  assert.deepEqual(texts(read()), ["one"]);
  worker.say("o\nlast words");
  assert.deepEqual(texts(read()), ["one", "two"]);
  worker.end();
  assert.deepEqual(texts(read()), ["one", "two", "last words"]);
});

test("both streams of a process are one tail in the order of arrival, with the time of each line's end", () => {
  const { tail, at, read } = bench(10);
  const process = { pid: 7 };
  const [out, err] = [tail.begin(process, "stdout"), tail.begin(process, "stderr")];
  at.time = 1;
  out.push(Buffer.from("a\nlate"));
  at.time = 2;
  err.push(Buffer.from("b\n"));
  at.time = 3;
  out.push(Buffer.from("r\n"));
  assert.deepEqual(
    read().lines.map(({ pid, stream, time, bytes }) => [pid, stream, time, Buffer.from(bytes).toString()]),
    [
      [7, "stdout", 1, "a"],
      [7, "stderr", 2, "b"],
      [7, "stdout", 3, "later"],
    ],
  );
  assert.deepEqual(texts(read({ stream: "stderr" })), ["b"]);
  assert.deepEqual(texts(read({ lines: 2 })), ["b", "later"]);
  assert.deepEqual(texts(read({ pid: 8 })), []);
});

test("what was read with a cursor comes once, and a cursor of another life begins anew", () => {
  const { begin, read } = bench(10);
  const worker = begin(1);
  worker.say("one\n");
  const first = read();
  assert.deepEqual(texts(read({ after: first.cursor })), []);
  worker.say("two\nthree\nfour\n");
  assert.deepEqual(texts(read({ after: first.cursor })), ["two", "three", "four"]);
  assert.deepEqual(texts(read({ after: first.cursor, lines: 1 })), ["four"]);
  for (const strange of ["other.4.4..", "life.999.999..", "nonsense", "", "life.1.1.1.stdin"]) {
    const page = read({ after: strange });
    assert.deepEqual([texts(page), page.missed], [["one", "two", "three", "four"], 0], strange);
  }
});

test("a line of which only the end is left is shown, cut, where it is the last one, and counts as missed elsewhere", () => {
  const { begin, read } = bench(1);
  const worker = begin(1);
  const { cursor } = read();
  worker.say(`${"x".repeat(1000)}\n`);
  const page = read({ after: cursor });
  assert.deepEqual(
    page.lines.map(({ bytes, cut }) => [bytes.length, cut]),
    [[LINE_ALLOWANCE - 1, true]],
  );
  assert.equal(page.missed, 1001 - LINE_ALLOWANCE);
  worker.say("short\n");
  const next = read({ after: cursor });
  assert.deepEqual([texts(next), next.missed], [["short"], 1001]);
});

test("the last processes that ended and said something are remembered, and give back memory they do not fill", () => {
  const { tail, begin, read } = bench(100);
  for (let pid = 1; pid <= ENDED_KEPT + 2; pid++) {
    const worker = begin(pid);
    worker.say(`words of ${pid}\n`);
    worker.end();
    begin(100 + pid).end();
  }
  assert.deepEqual(texts(read()), ["words of 3", "words of 4", "words of 5"]);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 105].map((pid) => tail.knows(pid)),
    [false, false, true, true, true, false],
  );
});

test("a pid that comes a second time is another process", () => {
  const { tail, read } = bench(10);
  const [first, second] = [tail.begin({ pid: 5 }, "stdout"), tail.begin({ pid: 5 }, "stdout")];
  first.push(Buffer.from("un"));
  second.push(Buffer.from("whole\n"));
  first.push(Buffer.from("torn\n"));
  assert.deepEqual(texts(read({ pid: 5 })), ["whole", "untorn"]);
});

test("an answer is bounded in lines and bytes, and the cursor goes on behind it", () => {
  const { begin, read } = bench(100_000);
  const worker = begin(1);
  const { cursor } = read();
  const lines = Array.from({ length: 2 * PAGE_LINES + 1 }, (_, index) => `line ${index}`);
  worker.say(`${lines.join("\n")}\n`);
  const first = read({ after: cursor });
  assert.deepEqual([first.lines.length, first.full, first.missed], [PAGE_LINES, true, 0]);
  const second = read({ after: first.cursor });
  const third = read({ after: second.cursor });
  assert.deepEqual([...texts(first), ...texts(second), ...texts(third)], lines);
  assert.equal(third.full, false);
  const history = read({ lines: PAGE_LINES + 3 });
  assert.deepEqual([...texts(history), ...texts(read({ after: history.cursor }))], lines.slice(-PAGE_LINES - 3));
  worker.say(`${"y".repeat(PAGE_BYTES)}\n${"z".repeat(PAGE_BYTES + 5)}\n`);
  const long = read({ after: third.cursor });
  assert.deepEqual([long.lines.length, long.full, long.missed], [1, true, 0]);
  const longer = read({ after: long.cursor });
  assert.deepEqual([longer.lines[0]?.bytes.length, longer.lines[0]?.cut, longer.missed], [PAGE_BYTES, true, 5]);
});

test("who waits is called with each line and at the close, until he cancels, and too many are refused", () => {
  const { tail, begin } = bench(10);
  const worker = begin(1);
  let calls = 0;
  const cancels = Array.from({ length: MAX_WAITING }, () => tail.onNews(() => (calls += 1)));
  assert.ok(cancels.every((cancel) => cancel !== null));
  const refused = tail.onNews(() => undefined);
  assert.equal(refused, null);
  worker.say("no line yet");
  assert.equal(calls, 0);
  worker.say("\n");
  assert.equal(calls, MAX_WAITING);
  for (const cancel of cancels) cancel?.();
  worker.say("more\n");
  assert.deepEqual([calls, tail.isAwaited], [MAX_WAITING, false]);
  tail.onNews(() => (calls += 1));
  tail.close();
  assert.deepEqual([calls, tail.closed], [MAX_WAITING + 1, true]);
});

test("no lines are kept with 0, also of those who were heard before, and a larger number keeps whole ones from then on", () => {
  const { tail, begin, read } = bench(10);
  const worker = begin(1);
  const { cursor } = read();
  worker.say("one\ntwo\nthr");
  tail.resize(0);
  worker.say("ee\nfo");
  assert.deepEqual(texts(read()), []);
  tail.resize(10);
  worker.say("ur\nfive\n");
  const page = read({ after: cursor });
  assert.deepEqual(texts(page), ["five"]);
  assert.equal(page.missed, "one\ntwo\nthree\nfour\n".length);
  tail.resize(1);
  worker.say("six\n");
  assert.deepEqual(texts(read()), ["six"]);
});

test("a silent ring has no memory, and a full one no more than its bound", () => {
  const ring = new Ring(50);
  assert.equal(ring.room, 0);
  for (let index = 1; index <= 1000; index++) {
    const finished = ring.append(Buffer.from("a line of this and that\n"));
    ring.mark(index * finished, index);
    assert.ok(ring.room <= 50 * LINE_ALLOWANCE);
  }
  assert.ok(ring.available(0) <= 50 * LINE_ALLOWANCE);
});

test("whatever comes in whatever pieces, lines come out whole and in order, and what is missing is counted to the byte", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = chance(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const kept = 1 + below(30);
    const { tail, read } = bench(kept);
    const processes = [1, 2].map((pid) => ({ pid }));
    const inlets = processes.flatMap((process) =>
      (["stdout", "stderr"] as const).map((stream) => ({
        key: `${process.pid} ${stream}`,
        inlet: tail.begin(process, stream),
        said: "",
      })),
    );
    const followers = [
      { pid: null, stream: null },
      { pid: null, stream: "stderr" as const },
      { pid: 2, stream: null },
    ].map((selection) => ({ selection, cursor: read(selection).cursor, got: 0, missed: 0, next: new Map<string, number>() }));
    const follow = (follower: (typeof followers)[number]): boolean => {
      const page = read({ ...follower.selection, after: follower.cursor });
      for (const { pid, stream, bytes, cut } of page.lines) {
        const key = `${pid} ${stream}`;
        const text = Buffer.from(bytes).toString();
        const said = inlets.find((one) => one.key === key)?.said ?? "";
        // Each line tells its number and its length, so that a torn one shows.
        const number = Number(cut ? (/(\d+)$/.exec(text)?.[1] ?? "-1") : (/^(\d+) x* (\d+)$/.exec(text)?.[1] ?? "-1"));
        assert.ok(number >= (follower.next.get(key) ?? 0), `seed ${seed}: ${key} gave ${JSON.stringify(text)}`);
        assert.ok(cut || said.includes(`\n${text}\n`) || said.startsWith(`${text}\n`) || said.endsWith(text), `seed ${seed}: ${text}`);
        follower.next.set(key, number + 1);
        follower.got += bytes.length + 1;
      }
      follower.missed += page.missed;
      follower.cursor = page.cursor;
      return page.full;
    };
    let number = 0;
    for (let turn = 0; turn < 120; turn++) {
      const target = inlets[below(inlets.length)];
      if (target === undefined) continue;
      const lines = Array.from(
        { length: below(12) },
        () => `${number} ${"x".repeat(below(5) === 0 ? below(900) : below(40))} ${number++}\n`,
      ).join("");
      for (let rest = lines; rest !== "";) {
        const size = 1 + below(random() < 0.5 ? 20 : 4000);
        target.inlet.push(Buffer.from(rest.slice(0, size)));
        target.said += rest.slice(0, size);
        rest = rest.slice(size);
        for (const follower of followers) if (random() < 0.05) follow(follower);
      }
      if (turn === 60 && random() < 0.5) tail.resize(1 + below(40));
    }
    for (const { inlet } of inlets) inlet.end();
    for (const follower of followers) {
      while (follow(follower));
      const { pid, stream } = follower.selection;
      const said = inlets.filter(({ key }) => (pid === null || key.startsWith(`${pid} `)) && (stream === null || key.endsWith(stream)));
      const total = said.reduce((sum, one) => sum + one.said.length, 0);
      assert.equal(follower.got + follower.missed, total, `seed ${seed}`);
    }
  }
});
