import assert from "node:assert/strict";
import test from "node:test";
import { Heartbeats } from "../../../plugins/watchdog/heartbeats.js";
import { pythonRegex } from "../../../plugins/watchdog/python-regex.js";

test("pythonRegex() reads Python's named groups and flags, and matches from the beginning", () => {
  const message = pythonRegex("^(?P<pid>.*);(?P<timestamp>.*)$");
  assert.deepEqual({ ...message.exec("123;45.6")?.groups }, { pid: "123", timestamp: "45.6" });
  assert.equal(pythonRegex("(?P<a>x+)-(?P=a)$").test("xx-xx"), true);
  assert.equal(pythonRegex("(?<pid>\\d+)").exec("7")?.groups?.["pid"], "7");
  assert.equal(pythonRegex("(?i)WEB").test("web-1"), true);
  assert.equal(pythonRegex("web|api").test("my-api"), false);
  assert.equal(pythonRegex("\\Aweb\\Z").test("web2"), false);
  assert.throws(() => pythonRegex("("), SyntaxError);
});

test("Heartbeats tells once of those that were silent for too long", () => {
  const heartbeats = new Heartbeats();
  heartbeats.add({ pid: 1, watcher: "web" }, 0);
  heartbeats.add({ pid: 2, watcher: "web" }, 0);
  heartbeats.add({ pid: 3, watcher: "api" }, 0);
  assert.equal(heartbeats.heard(2, 5), true);
  assert.equal(heartbeats.heard(4, 5), false);
  heartbeats.forget(3);
  assert.deepEqual(heartbeats.takeSilent(3), [{ pid: 1, watcher: "web" }]);
  assert.deepEqual(heartbeats.takeSilent(3), []);
  heartbeats.forgive(10);
  assert.deepEqual(heartbeats.takeSilent(9), []);
  heartbeats.keep("web", [2, 5], 10);
  heartbeats.keep("web", [5], 20);
  assert.deepEqual(heartbeats.takeSilent(11), [{ pid: 5, watcher: "web" }]);
  heartbeats.add({ pid: 6, watcher: "web" }, 0);
  heartbeats.forgetAll("web");
  assert.deepEqual(heartbeats.takeSilent(100), []);
});
