/** The console as a user has it: its page in a real browser, in front of a real circusd. */
import assert from "node:assert/strict";
import { once } from "node:events";
import test, { after, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { namelessControls, openBrowser, overhang, visit, type Visit, withoutBrowser } from "../helpers/browser.js";
import { HttpdProcess, startConsole } from "../helpers/console.js";
import { Daemon } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const HOSTILE = `console.log("<img src=x onerror=document.title='broken'>"); console.log("\\u001b[31mred\\u001b[0m plain")`;

const INI = `
[watcher:web]
cmd = node ${repositoryPath("test", "fixtures", "looks-busy.js")} $(circus.wid)
numprocesses = 2
copy_env = True
tail_lines = 200

[watcher:mailer]
cmd = sleep 1000
singleton = True

[watcher:nightly report]
cmd = sleep 1000
autostart = False

[watcher:odd]
cmd = node odd.js
copy_env = True
tail_lines = 50

[socket:web]
path = web.sock
`;

const ODD = `${HOSTILE}; setInterval(() => {}, 1000);`;

const skip = withoutBrowser();
const started = skip === false ? openBrowser({ after }) : null;

/** The browser of all tests here. */
function shared(): Promise<Browser> {
  if (started === null) throw new Error("internal: a test without a browser was not skipped");
  return started;
}

function row(page: Page, name: string) {
  return page.locator("tbody tr", { has: page.getByRole("link", { name, exact: true }) });
}

async function confirm(page: Page, action: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: action, exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** Pids in the table of processes, in rising order. */
async function shownPids(page: Page): Promise<readonly number[]> {
  const texts = await page.locator("table.processes td.pid").allTextContents();
  return texts.map(Number).sort((one, other) => one - other);
}

function rising(pids: readonly number[]): readonly number[] {
  return [...pids].sort((one, other) => one - other);
}

test("the console in a browser", { skip }, async (t) => {
  const browser = await shared();
  const { daemon, console } = await startConsole(t, { ini: INI, files: { "odd.js": ODD } });
  const { page, faults } = await visit(browser, `${console.url}/`);

  await t.test("the overview shows every watcher, its state and its processes, and Circus's own apart", async () => {
    await row(page, "web").getByText("active").waitFor();
    assert.equal(await row(page, "web").locator("td.processes").textContent(), "2/2");
    assert.equal(await row(page, "nightly report").locator("td.status").textContent(), "stopped");
    const own = page.getByRole("table", { name: "Circus's own" });
    assert.deepEqual(await own.locator("td.name").allTextContents(), ["circusd-stats", "circushttpd"]);
    await row(page, "web")
      .getByText(/^\d+(\.\d)?%$/)
      .waitFor();
  });

  await t.test("a watcher is stopped once that is confirmed, and not before; a start needs no question", async () => {
    await row(page, "mailer").getByRole("button", { name: "Stop mailer", exact: true }).click();
    await confirm(page, "Cancel");
    assert.equal(await daemon.status("mailer"), "active");
    await row(page, "mailer").getByRole("button", { name: "Stop mailer", exact: true }).click();
    await confirm(page, "Stop");
    await row(page, "mailer").getByText("stopped").waitFor();
    assert.equal(await daemon.status("mailer"), "stopped");
    await row(page, "mailer").getByRole("button", { name: "Start mailer", exact: true }).click();
    await row(page, "mailer").getByText("active").waitFor();
    assert.equal(await daemon.status("mailer"), "active");
    const [before] = await daemon.pids("mailer");
    await row(page, "mailer").getByRole("button", { name: "Restart mailer", exact: true }).click();
    await confirm(page, "Restart");
    await eventually(
      () => daemon.pids("mailer"),
      (pids) => pids.length === 1 && pids[0] !== before,
    );
  });

  await t.test("the filter and the heads of columns choose and order the rows", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("night");
    await page.locator("table.watchers tbody tr").nth(1).waitFor({ state: "detached" });
    assert.deepEqual(await page.locator("table.watchers td.name").allTextContents(), ["nightly report"]);
    await page.keyboard.press("Escape");
    const names = page.getByRole("table", { name: "Watchers", exact: true }).locator("td.name");
    await names.nth(3).waitFor();
    assert.deepEqual(await names.allTextContents(), ["mailer", "nightly report", "odd", "web"]);
    await page.getByRole("table", { name: "Watchers", exact: true }).getByRole("button", { name: "Watcher" }).click();
    await page.locator("table.watchers tbody tr").first().getByText("web").waitFor();
  });

  await t.test("a watcher is added by the form, which first says what is missing", async () => {
    await page.getByRole("link", { name: "Add a watcher" }).click();
    await page.getByRole("button", { name: "Add the watcher" }).click();
    await page.getByText("Give it a name").waitFor();
    await page.getByLabel(/^name/).fill("new one");
    await page.getByLabel(/^cmd/).fill("sleep 1000");
    await page.getByLabel(/^numprocesses/).fill("many");
    await page.getByRole("button", { name: "Add the watcher" }).click();
    await page.getByText('Cannot use "many": expected an integer').waitFor();
    await page.getByLabel(/^numprocesses/).fill("2");
    await page.getByLabel(/^env/).fill("COLOUR=blue\nSIZE=a b");
    await page.getByRole("button", { name: "Add the watcher" }).click();
    await page.getByRole("heading", { name: "new one" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/watchers/new%20one");
    assert.equal((await daemon.processes("new one", 2)).length, 2);
    const { options } = await daemon.client.call("get", { name: "new one", keys: ["env"] });
    assert.deepEqual(options["env"], { COLOUR: "blue", SIZE: "a b" });
  });

  await t.test("a watcher of which no process comes up is told of, also where circusd says ok", async () => {
    await page.goto(`${console.url}/add`);
    await page.getByLabel(/^name/).fill("typo");
    await page.getByLabel(/^cmd/).fill("/no/such/program");
    await page.getByRole("button", { name: "Add the watcher" }).click();
    await page.getByRole("heading", { name: "typo" }).waitFor();
    const toast = page.getByRole("alert").filter({ hasText: "Cannot start typo" });
    for (const again of [true, false]) {
      await toast.getByText("None of its processes came up").waitFor();
      await toast.getByRole("button", { name: /^Dismiss/ }).click();
      await toast.waitFor({ state: "detached" });
      if (again) await page.getByRole("button", { name: "Start", exact: true }).click();
    }
    await page.goto(`${console.url}/watchers/${encodeURIComponent("new one")}`);
  });

  await t.test("processes are added, removed, signalled and killed, and the table follows", async () => {
    await page.getByRole("button", { name: "Add a process" }).click();
    const three = await daemon.processes("new one", 3);
    await page.locator("table.processes td.pid").nth(2).waitFor();
    assert.deepEqual(await shownPids(page), rising(three));
    await page.getByRole("button", { name: "Remove a process" }).click();
    await confirm(page, "Remove it");
    const [victim = 0, other = 0] = await daemon.processes("new one", 2);
    await page.getByRole("button", { name: `Kill ${victim}`, exact: true }).click();
    await confirm(page, "Kill");
    await page.getByRole("button", { name: `Kill ${victim}`, exact: true }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: `Send a signal to ${other}` }).click();
    await page.getByRole("dialog").getByLabel("Signal").selectOption("SIGKILL");
    await confirm(page, "Send");
    await page.getByRole("button", { name: `Kill ${other}`, exact: true }).waitFor({ state: "detached" });
    const after = await eventually(
      () => daemon.pids("new one"),
      (pids) => pids.length === 2 && !pids.includes(victim) && !pids.includes(other),
    );
    await eventually(
      () => shownPids(page),
      (pids) => JSON.stringify(pids) === JSON.stringify(rising(after)),
    );
  });

  await t.test("a worker that is killed by somebody else is gone from the page, and its successor is there", async () => {
    const [pid = 0] = await daemon.pids("new one");
    kill(pid, "SIGKILL");
    await page.getByRole("button", { name: `Kill ${pid}`, exact: true }).waitFor({ state: "detached" });
    await page.locator("table.processes td.pid").nth(1).waitFor();
  });

  await t.test("an option is changed, a slip is told beside it, and what the daemon refuses is shown in its words", async () => {
    await page.getByRole("link", { name: "Options" }).click();
    await page.getByLabel(/^numprocesses/).fill("x");
    await page.getByText('Cannot use "x": expected an integer').waitFor();
    await page.getByLabel(/^numprocesses/).fill("1");
    await page.getByRole("button", { name: "Save" }).click();
    await daemon.processes("new one", 1);
    await page.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
    assert.equal(await page.getByLabel(/^numprocesses/).inputValue(), "1");
    assert.equal(await page.getByLabel(/^use_sockets/).isDisabled(), true);
    await page.getByLabel(/^singleton/).check();
    await page.getByLabel(/^numprocesses/).fill("2");
    await page.getByRole("button", { name: "Save" }).click();
    const toast = page.getByRole("alert").filter({ hasText: "Cannot set new one" });
    await toast.getByText("Singleton watcher has a single process").waitFor();
    await toast.getByRole("button", { name: /^Dismiss/ }).click();
    await toast.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Discard" }).click();
  });

  await t.test("a singleton says why it gets no second process", async () => {
    await page.goto(`${console.url}/watchers/mailer`);
    const button = page.getByRole("button", { name: "Add a process" });
    await button.waitFor();
    assert.equal(await button.getAttribute("aria-disabled"), "true");
    assert.match((await button.getAttribute("title")) ?? "", /singleton/);
  });

  await t.test("output is followed, filtered and paused, and what programs write is text and nothing else", async () => {
    await page.goto(`${console.url}/watchers/odd/output`);
    const lines = page.getByRole("log");
    await lines.getByText("<img src=x onerror=document.title='broken'>").waitFor();
    assert.equal(await lines.locator(".fg1").textContent(), "red");
    assert.equal(await lines.locator("img").count(), 0);
    assert.equal(await page.title(), "odd · Circus");
    await page.goto(`${console.url}/watchers/web/output`);
    await lines.getByText("GET /orders/17").first().waitFor();
    await page.getByRole("searchbox").fill("502 upstream");
    await lines.getByText("GET /orders/17", { exact: false }).filter({ hasNotText: "502" }).first().waitFor({ state: "detached" });
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: /new lines?$/ }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await lines
      .getByText(/200 in/)
      .first()
      .waitFor();
  });

  await t.test("a watcher whose output is not kept says how to have it kept, and does so on request", async () => {
    await page.goto(`${console.url}/watchers/mailer/output`);
    const notice = page.getByRole("alert").filter({ hasText: "tail_lines" });
    await notice.getByRole("button", { name: /^Keep its last/ }).click();
    await notice.waitFor({ state: "detached" });
    const { options } = await daemon.client.call("get", { name: "mailer", keys: ["tail_lines"] });
    assert.equal(options["tail_lines"], 200);
  });

  await t.test("charts move, and a reload of the page keeps its place", async () => {
    await page.goto(`${console.url}/watchers/web`);
    const pixels = () => page.evaluate("document.querySelector('.chart canvas')?.toDataURL() ?? ''").then(String);
    const first = await eventually(pixels, (url) => url.length > 100);
    await eventually(pixels, (url) => url !== first);
    await page.getByRole("link", { name: "Events" }).last().click();
    await page.reload();
    await page.getByRole("heading", { name: "web" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Events" }).last().getAttribute("aria-current"), "page");
    await page.goBack();
    await page.locator("table.processes").waitFor();
  });

  await t.test("everything is reached by the keyboard alone", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { name: "Sockets" }).waitFor();
    assert.ok((await page.locator("td.address").allTextContents()).some((address) => address.endsWith("web.sock")));
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.getByRole("heading", { name: "Watchers" }).waitFor();
    const focused = () => page.evaluate("document.activeElement.getAttribute('aria-label')").then(String);
    for (let presses = 0; presses < 80 && (await focused()) !== "Stop odd"; presses++) await page.keyboard.press("Tab");
    assert.equal(await focused(), "Stop odd");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Stop odd?" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await row(page, "odd").getByText("stopped").waitFor();
    assert.equal(await focused(), "Start odd");
  });

  await t.test("a watcher is removed", async () => {
    await page.goto(`${console.url}/watchers/${encodeURIComponent("new one")}`);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: /Remove/ }).click();
    await confirm(page, "Remove");
    await page.getByRole("heading", { name: "Watchers" }).waitFor();
    await row(page, "new one").waitFor({ state: "detached" });
    const reply = await daemon.client.call("list", {});
    assert.ok("watchers" in reply && !reply.watchers.includes("new one"));
  });

  await t.test("on every page every control has a name, and nothing is wider than a phone", async () => {
    const phone = await visit(browser, console.url, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
    for (const path of [
      "/",
      "/watchers/web",
      "/watchers/web/output",
      "/watchers/web/options",
      "/watchers/web/events",
      "/sockets",
      "/events",
      "/add",
    ]) {
      await phone.page.goto(`${console.url}${path}`);
      await phone.page.locator("table, form, .lines, .empty").first().waitFor();
      assert.deepEqual(await namelessControls(phone.page), [], path);
      assert.equal(await overhang(phone.page), 0, `${path} is wider than a phone`);
    }
    assert.deepEqual(phone.faults, []);
    await phone.page.context().close();
  });

  await t.test("nothing went wrong in the page meanwhile", () => {
    assert.deepEqual(faults, []);
  });
});

test("the page says who is away, comes back by itself, and shows the daemon that is chosen", { skip }, async (t) => {
  const browser = await shared();
  const dir = await tempDir();
  const one = await Daemon.start(t, { dir, ini: "[watcher:one]\ncmd = sleep 1000\n" });
  const two = await Daemon.start(t, { ini: "[watcher:two]\ncmd = sleep 1000\n" });
  const httpd = new HttpdProcess(t, ["--endpoint", `one=${one.endpoint}`, "--endpoint", `two=${two.endpoint}`, "--port", "0"]);
  const { url } = await httpd.listening();
  const { page, faults } = await visit(browser, `${url}/watchers/one`);
  await page.getByRole("heading", { name: "one" }).waitFor();
  await page.getByText("circusd-stats does not run").waitFor();

  one.process.kill("SIGTERM");
  await once(one.process, "exit");
  const banner = page.getByText(`Connection to ${one.endpoint} lost; trying again`);
  await banner.waitFor();
  const again = await Daemon.start(t, { dir, ini: "[watcher:one]\ncmd = sleep 1000\nnumprocesses = 3\n" });
  await banner.waitFor({ state: "detached" });
  const pids = rising(await again.processes("one", 3));
  await eventually(
    () => shownPids(page),
    (shown) => JSON.stringify(shown) === JSON.stringify(pids),
  );

  await page.getByRole("combobox", { name: "Daemon" }).selectOption({ label: "two" });
  await row(page, "two").getByText("active").waitFor();
  await page.reload();
  await row(page, "two").getByText("active").waitFor();
  assert.equal(await row(page, "one").count(), 0);

  await two.client.call("add", { name: "one", cmd: "sleep 2000", start: true, waiting: true });
  await page.goto(`${url}/watchers/one/options`);
  const command = page.getByLabel(/^cmd/);
  await command.waitFor();
  assert.equal(await command.inputValue(), "sleep 1000");
  await page.evaluate("history.pushState(null, '', '?daemon=two'); dispatchEvent(new PopStateEvent('popstate'))");
  await eventually(
    () => command.inputValue().catch(() => ""),
    (value) => value === "sleep 2000",
  );

  httpd.process.kill("SIGTERM");
  await once(httpd.process, "exit");
  await page.getByText("Connection to circushttpd lost; trying again").waitFor();
  assert.deepEqual(faults, []);
  t.after(() => dir[Symbol.asyncDispose]());
});

test("who has to log in does, and who may only look cannot act", { skip }, async (t) => {
  const browser = await shared();
  const dir = await tempDir(t);
  const users = dir.join("users");
  const adding = new HttpdProcess(t, ["--add-user", "bob", "--password-file", users]);
  adding.process.stdin?.end("the builder\n");
  assert.equal(await adding.exit(), 0);
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 1000\n" });
  const httpd = new HttpdProcess(t, ["--endpoint", daemon.endpoint, "--port", "0", "--password-file", users]);
  const { url } = await httpd.listening();
  const { page, faults } = await visit(browser, `${url}/watchers/web`);
  await page.getByLabel("User").fill("bob");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("Wrong user or password").waitFor();
  await page.getByLabel("Password").fill("the builder");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "web" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Add a watcher" }).count(), 0);
  const stop = page.getByRole("button", { name: "Stop", exact: true });
  assert.equal(await stop.getAttribute("aria-disabled"), "true");
  assert.match((await stop.getAttribute("title")) ?? "", /may look, but not change/);
  await stop.click({ force: true });
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.getByRole("link", { name: "Options" }).click();
  assert.equal(await page.getByLabel(/^cmd/).isDisabled(), true);
  await page.getByRole("button", { name: "Log out bob" }).click();
  await page.getByLabel("User").waitFor();
  assert.deepEqual(faults, []);
});

const THOUSAND = 1000;

test("a thousand processes are as quick to look at as ten", { skip }, async (t) => {
  const browser = await shared();
  const { daemon, console } = await startConsole(t, { ini: `[watcher:many]\ncmd = sleep 1000\nnumprocesses = ${THOUSAND}\n` });
  await daemon.processes("many", THOUSAND);
  const { page, faults } = await visit(browser, `${console.url}/watchers/many`);
  await page.getByText(`${THOUSAND}/${THOUSAND}`).waitFor();
  await page.locator("table.processes td.memory", { hasText: /\d/ }).first().waitFor();
  await measured(t, { page, faults });
  const table = page.locator("table.processes");
  assert.equal(await table.getAttribute("aria-rowcount"), String(THOUSAND + 1));
  assert.ok((await table.locator("tbody tr").count()) < 100, "only the rows that are seen are in the page");
  const last = rising(await daemon.pids("many")).at(-1) ?? 0;
  await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
  await page.getByRole("button", { name: `Kill ${last}`, exact: true }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(String(last));
  await table.locator("tbody tr").nth(1).waitFor({ state: "detached" });
  assert.deepEqual(await shownPids(page), [last]);
  assert.deepEqual(faults, []);
});

/** Tells how long updates kept the page busy; what else runs on the machine is in it, so nothing is asserted. */
async function measured(t: TestContext, { page }: Visit): Promise<void> {
  await page.evaluate(
    "new PerformanceObserver((list) => (window.busy ??= []).push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' })",
  );
  for (let updates = 0; updates < 3; updates++) {
    const cells = () => page.locator("table.processes td.age").first().textContent();
    const before = await cells();
    await eventually(cells, (text) => text !== before);
  }
  t.diagnostic(
    `tasks of 50 ms and more in three updates of ${THOUSAND} processes: ${String(await page.evaluate("(window.busy ?? []).join(' ms, ') || 'none'"))}`,
  );
}
