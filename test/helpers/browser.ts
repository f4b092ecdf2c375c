/** A real browser for tests of the console's page: Debian's chromium, without a window. */
import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { without } from "./partners.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** How long an element is waited for before the test fails, in milliseconds. */
const PATIENCE = 20_000;

/** Why tests in a browser cannot run, with what to do about it; or false. */
export function withoutBrowser(): string | false {
  const missing = without("chromium", "--version");
  return missing === false ? false : `${missing}: install it with "apt-get install chromium"`;
}

/** One browser for all tests of a file: starting it takes longer than most of them. */
export async function openBrowser(t: Cleanup): Promise<Browser> {
  const executablePath = (process.env["PATH"] ?? "")
    .split(":")
    .map((directory) => path.join(directory, "chromium"))
    .find((file) => existsSync(file));
  if (executablePath === undefined) throw new Error('Cannot find "chromium" in PATH: install it with "apt-get install chromium"');
  // Root has no sandbox of its own to put the pages in.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath, args });
  t.after(() => browser.close());
  return browser;
}

export interface Visit {
  readonly page: Page;
  /** What went wrong in the page: uncaught errors, and what the browser itself complains of, a breach of the CSP for one. */
  readonly faults: readonly string[];
}

/** A window of its own, with its own cookies and storage. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A server that is away, or asks who one is, is no fault of the page.
    if (message.type() === "error" && !/WebSocket connection|Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** Controls of the page that have no name for who does not see them, as HTML. */
export async function namelessControls(page: Page): Promise<readonly string[]> {
  const found: unknown =
    await page.evaluate(`[...document.querySelectorAll("a, button, input, select, textarea, dialog, nav, table, canvas, [role=img], [role=log]")]
    .filter((element) => {
      const labels = [...(element.labels ?? [])].map((label) => label.textContent).join("");
      const by = document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent ?? "";
      const inside = element.matches("a, button") ? element.textContent : "";
      const hidden = element.closest("[aria-hidden=true]") !== null || (element.matches("canvas") && element.closest("[role=img][aria-label]") !== null);
      return !hidden && [element.getAttribute("aria-label") ?? "", by, labels, inside].every((name) => name.trim() === "");
    })
    .map((element) => element.outerHTML.slice(0, 120))`);
  return Array.isArray(found) ? found.map(String) : [];
}

/** How many pixels the page is wider than its window; 0 where nothing has to be scrolled sideways. */
export async function overhang(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
}
