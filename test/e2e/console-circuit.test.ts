/** The console's page where its circusd is a server of a circuit. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Page } from "playwright-core";
import { namelessControls, openBrowser, overhang, visit, withoutBrowser } from "../helpers/browser.js";
import { startConsole } from "../helpers/console.js";
import { Daemon } from "../helpers/daemon.js";
import { eventually } from "../helpers/facts.js";

const WATCHERS = `
[watcher:api]
cmd = sleep 1000
numprocesses = 2

[watcher:mailer]
cmd = sleep 1000
`;

function cluster(name: string, join: string): string {
  return `[cluster]\nlisten = 127.0.0.1:0\nname = ${name}\nlabels = role=${name}\njoin = ${join}\nstate_dir = .\n${WATCHERS}`;
}

/** The row of a watcher below a server. */
function row(page: Page, server: string, watcher: string) {
  return page.getByRole("table", { name: `Watchers of ${server}` }).locator("tbody tr", { hasText: watcher });
}

test("the page shows the servers of the circuit and acts on all", { skip: withoutBrowser() }, async (t) => {
  const browser = await openBrowser(t);
  const { daemon, console } = await startConsole(t, { ini: cluster("one", "") });
  const [self] = (
    await eventually(
      () => daemon.client.call("members", {}),
      ({ members }) => members.length === 1,
    )
  ).members;
  const other = await Daemon.start(t, { ini: cluster("two", /^circuit:\/\/([^/]+)/.exec(self?.address ?? "")?.[1] ?? "") });
  const { page, faults } = await visit(browser, `${console.url}/`);

  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Circuit" }).click();
  await row(page, "two", "api").getByText("active").waitFor();
  await row(page, "one", "mailer").getByText("active").waitFor();
  assert.deepEqual(await page.locator(".server h2").allTextContents(), ["one", "two"]);
  assert.equal(await row(page, "two", "api").locator("td.processes").textContent(), "2");

  await row(page, "two", "api").getByRole("button", { name: "Add a process to api on two" }).click();
  await row(page, "two", "api").locator("td.processes", { hasText: "3" }).waitFor();
  assert.equal((await other.pids("api")).length, 3);
  await row(page, "two", "mailer").getByRole("button", { name: "Stop mailer on two" }).click();
  await page.getByRole("dialog").getByText("Stop mailer on two?").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await row(page, "two", "mailer").getByText("stopped").waitFor();
  assert.equal(await other.status("mailer"), "stopped");
  assert.equal(await daemon.status("mailer"), "active");

  await page.keyboard.press("/");
  await page.keyboard.type("role=two");
  await page.locator(".server").nth(1).waitFor({ state: "detached" });
  assert.deepEqual(await page.locator(".server h2").allTextContents(), ["two"]);
  await page.keyboard.press("Escape");
  assert.deepEqual(await namelessControls(page), []);
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await overhang(page), 0);
  await page.setViewportSize({ width: 1280, height: 800 });

  await other.ctl("quit");
  await page.locator(".server").nth(1).waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
});
