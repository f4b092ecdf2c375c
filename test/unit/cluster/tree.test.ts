import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Element } from "../../../src/cluster/elements/element.js";
import { Tree } from "../../../src/cluster/tree.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { plainElement } from "../../helpers/node-stage.js";
import { chance } from "../../helpers/virtual-circuit.js";

const failsWith = (code: string, message?: RegExp) => (error: unknown) =>
  error instanceof CircuitError && error.code === code && (message === undefined || message.test(error.message));

function makeTree(): Tree {
  let count = 0;
  const newId = (): string => String((count += 1));
  return new Tree({ server: "X1", root: { ...plainElement("root"), kind: "server" }, mounts: [], newId });
}

const plain = (told?: string[]) => async (id: string) => plainElement(id, told);

async function listing(tree: Tree, path: readonly string[] = [], depth: number | null = null): Promise<string[]> {
  return (await tree.list(path, depth)).map((entry) => `${entry.path.join("/")} ${entry.kind ?? "-"}`);
}

describe("a tree of anchors", () => {
  it("has the anchors on the way to its elements, in the order of their paths", async () => {
    const tree = makeTree();
    for (const path of [["b", "x"], ["a", "b", "c"], ["a"], ["a", "b!"]]) await tree.make(path, plain());
    assert.deepEqual(await listing(tree), ["a process", "a/b -", "a/b/c process", "a/b! process", "b -", "b/x process"]);
    assert.deepEqual(await listing(tree, [], 1), ["a process", "b -"]);
    assert.deepEqual(await listing(tree, ["a"]), ["a/b -", "a/b/c process", "a/b! process"]);
    assert.deepEqual(await listing(tree, ["a"], 0), []);
    assert.deepEqual(await listing(tree, ["b", "x"]), []);
  });

  it("makes no anchor by looking for one", async () => {
    const tree = makeTree();
    for (const look of [tree.list(["a"], null), tree.peek(["a", "b"]), tree.scrub(["a"], {}), tree.find(["x"], undefined)]) {
      await assert.rejects(look, failsWith("no-such-anchor", /no anchor "\/X1\/.*"ls" shows/));
    }
    assert.deepEqual(await listing(tree), []);
  });

  it("loses anchors with the last element below them, at once", async () => {
    const tree = makeTree();
    await tree.make(["a", "b", "c"], plain());
    await tree.make(["a", "d"], plain());
    assert.equal(await tree.scrub(["a", "b", "c"], {}), true);
    assert.deepEqual(await listing(tree), ["a -", "a/d process"]);
    assert.equal(await tree.scrub(["a"], {}), false);
    await tree.scrub(["a", "d"], {});
    assert.deepEqual([await listing(tree), tree.size], [[], 0]);
  });

  it("does not take away what stands below a scrubbed element", async () => {
    const tree = makeTree();
    const told: string[] = [];
    await tree.make(["a"], plain(told));
    await tree.make(["a", "b"], plain(told));
    await tree.scrub(["a"], { kill: true });
    assert.deepEqual([await listing(tree), told], [["a -", "a/b process"], ["1 killed"]]);
  });

  it("lets one be made at a path at a time, and everything else go on meanwhile", async () => {
    const tree = makeTree();
    let finish: (element: Element) => void = () => undefined;
    const slow = tree.make(["a", "b"], () => new Promise<Element>((resolve) => (finish = resolve)));
    await assert.rejects(tree.make(["a", "b"], plain()), failsWith("occupied", /just being made there/));
    assert.deepEqual(await listing(tree), []);
    await tree.make(["a"], plain());
    await tree.make(["a", "b", "c"], plain());
    finish(plainElement("slow"));
    assert.equal((await slow).id, "slow");
    assert.deepEqual(await listing(tree), ["a process", "a/b process", "a/b/c process"]);
    await assert.rejects(tree.make(["a", "b"], plain()), failsWith("occupied", /holds a process already/));
  });

  it("has neither element nor anchors where the making failed, and the path is free again", async () => {
    const tree = makeTree();
    const failing = async (): Promise<Element> => {
      throw new CircuitError("process", "no such program");
    };
    await assert.rejects(tree.make(["a", "b"], failing), failsWith("process"));
    assert.deepEqual(await listing(tree), []);
    await tree.make(["a", "b"], plain());
  });

  it("knows one element from the next at the same place", async () => {
    const tree = makeTree();
    const { id } = await tree.make(["a"], plain());
    assert.equal((await tree.find(["a"], id)).id, id);
    await tree.scrub(["a"], { element: id });
    await tree.make(["a"], plain());
    await assert.rejects(tree.find(["a"], id), failsWith("no-such-element", /another one has taken its place/));
    await assert.rejects(tree.scrub(["a"], { element: id }), failsWith("no-such-element"));
    await tree.make(["b", "c"], plain());
    await assert.rejects(tree.find(["b"], undefined), failsWith("no-such-element", /"\/X1\/b" holds no element/));
  });

  it("lets an element leave by itself, before it stands too", async () => {
    const tree = makeTree();
    let leave: () => void = () => undefined;
    await tree.make(["a", "b"], async (id, anchorage) => {
      leave = () => anchorage.leave();
      return plainElement(id);
    });
    leave();
    assert.deepEqual([await listing(tree), tree.size], [[], 0]);
    await tree.make(["a", "b"], plain());
    leave();
    assert.equal(tree.size, 1);
    await tree.make(["c"], async (id, anchorage) => {
      anchorage.leave();
      return plainElement(id);
    });
    assert.deepEqual(await listing(tree), ["a -", "a/b process"]);
  });

  it("ends what is still being made when it is cleared", async () => {
    const tree = makeTree();
    const told: string[] = [];
    let finish: (element: Element) => void = () => undefined;
    const slow = tree.make(["a"], () => new Promise<Element>((resolve) => (finish = resolve)));
    await tree.make(["b", "c"], plain(told));
    await tree.clear(false);
    finish(plainElement("slow", told));
    await assert.rejects(slow, failsWith("unavailable", /the server is ending/));
    await assert.rejects(tree.make(["d"], plain()), failsWith("unavailable"));
    assert.deepEqual([told, tree.size], [["2 left alone", "slow killed"], 0]);
  });

  it("holds in any history exactly the anchors on the way to its elements", async () => {
    const random = chance(11);
    const tree = makeTree();
    const model = new Set<string>();
    const names = ["a", "b", "c"];
    for (let step = 0; step < 2000; step += 1) {
      const path = Array.from({ length: 1 + Math.floor(random() * 4) }, () => names[Math.floor(random() * 3)] ?? "a");
      const key = path.join("/");
      if (random() < 0.5) {
        const made = await tree.make(path, plain()).catch(() => null);
        assert.equal(made === null, model.has(key));
        model.add(key);
      } else {
        const existed = await tree.scrub(path, {}).catch(() => null);
        assert.equal(existed === true, model.delete(key));
      }
      const anchors = new Set([...model].flatMap((one) => one.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"))));
      const expected = [...anchors].map((one) => one.split("/")).sort((one, other) => (one.join("\0") < other.join("\0") ? -1 : 1));
      assert.deepEqual(
        (await tree.list([], null)).map((entry) => entry.path),
        expected,
      );
      assert.equal(tree.size, model.size);
    }
  });
});
