/** Takes the pictures of docs/console.md anew; only where they are asked for, as it takes minutes of figures: CIRCUSD_SCREENSHOTS=1. */
import test from "node:test";
import type { Page } from "playwright-core";
import { openBrowser, visit, withoutBrowser } from "../helpers/browser.js";
import { startConsole } from "../helpers/console.js";
import { eventually, kill } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";

const BUSY = `node ${repositoryPath("test", "fixtures", "looks-busy.js")}`;

const INI = `
[watcher:web]
cmd = ${BUSY} $(circus.wid)
numprocesses = 4
copy_env = True
tail_lines = 500

[watcher:api]
cmd = ${BUSY} $(circus.wid)
numprocesses = 2
copy_env = True
tail_lines = 500

[watcher:queue]
cmd = ${BUSY} 9
copy_env = True
tail_lines = 500
singleton = True

[watcher:mailer]
cmd = sleep 100000
numprocesses = 2

[watcher:nightly-report]
cmd = sleep 100000
autostart = False

[watcher:scheduler]
cmd = sleep 100000
singleton = True

[socket:web]
host = 127.0.0.1
port = 0
`;

/** Points of history without which a chart is no picture. */
const POINTS = 125;

const skip = process.env["CIRCUSD_SCREENSHOTS"] === "1" ? withoutBrowser() : "only with CIRCUSD_SCREENSHOTS=1";

test("the pictures of the console's manual", { skip, timeout: 600_000 }, async (t) => {
  const browser = await openBrowser(t);
  const { daemon, console } = await startConsole(t, { ini: INI });
  const feed = await console.feed(t);
  feed.send({ type: "open", daemon: "local" });
  await eventuallyLong(() => feed.messages.filter(({ type }) => type === "figures").length >= POINTS);
  for (const pid of (await daemon.pids("mailer")).slice(0, 1)) kill(pid, "SIGKILL");

  const take = async (
    name: string,
    place: string,
    { dark = false, phone = false, act = async (_page: Page) => {} } = {},
  ): Promise<void> => {
    const { page } = await visit(browser, `${console.url}${place}`, {
      colorScheme: dark ? "dark" : "light",
      viewport: phone ? { width: 360, height: 740 } : { width: 1280, height: 800 },
      deviceScaleFactor: phone ? 2 : 1,
    });
    await page.locator("table, form, .lines div").first().waitFor();
    await act(page);
    // A test's endpoint is a long path; a user's is this one.
    await page.evaluate("document.querySelector('.daemon code').textContent = 'tcp://127.0.0.1:5555'");
    await page.screenshot({ path: repositoryPath("docs", "screenshots", `${name}.png`) });
    await page.context().close();
  };
  const figures = async (page: Page): Promise<void> => {
    for (let updates = 0; updates < 30; updates++) {
      const cell = () => page.locator("table td.age").first().textContent();
      const before = await cell();
      await eventually(cell, (text) => text !== before);
    }
  };
  await take("overview", "/");
  await take("overview-dark", "/", { dark: true });
  await take("watcher", "/watchers/web", { act: figures });
  await take("output", "/watchers/web/output", { dark: true });
  await take("options", "/watchers/web/options");
  await take("add", "/add");
  await take("phone", "/", { phone: true });
});

async function eventuallyLong(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 200));
}
