/** The documents keep their promises: links lead somewhere, decisions are numbered, dependencies have their reason. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { repositoryPath, repositoryRoot } from "./helpers/root.js";

const DECISIONS = "docs/decisions";

function text(file: string): string {
  return readFileSync(repositoryPath(file), "utf8");
}

function dependencies(kind: "dependencies" | "devDependencies"): string[] {
  const manifest: unknown = JSON.parse(text("package.json"));
  assert.ok(typeof manifest === "object" && manifest !== null);
  const named: unknown = Object.entries(manifest).find(([key]) => key === kind)?.[1];
  assert.ok(typeof named === "object" && named !== null);
  return Object.keys(named);
}

/** Files that are in the repository or about to be; what is ignored does not count. */
function repositoryFiles(): string[] {
  const out = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repositoryRoot(),
    encoding: "utf8",
  });
  return out.split("\0").filter((file) => file !== "" && existsSync(repositoryPath(file)));
}

/** A heading's anchor as GitHub makes it. */
function anchors(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ +(.*)$/gm)].map((match) => match[1] ?? "");
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Links of a document, without those in code. */
function links(markdown: string): string[] {
  const prose = markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? "");
}

function brokenLinks(file: string): string[] {
  return links(text(file)).filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [target = "", anchor] = link.split("#");
    const found = target === "" ? file : path.posix.join(path.posix.dirname(file), decodeURI(target));
    if (!existsSync(repositoryPath(found))) return true;
    return anchor !== undefined && found.endsWith(".md") && !anchors(text(found)).has(anchor);
  });
}

test("every link in a document leads to a file or a heading that is there", () => {
  const documents = repositoryFiles().filter((file) => file.endsWith(".md"));
  const broken = documents.flatMap((file) => brokenLinks(file).map((link) => `${file}: ${link}`));
  assert.deepEqual(broken, []);
});

test("every decision has a number of its own, a title that bears it, and a place in the list", () => {
  const notes = readdirSync(repositoryPath(DECISIONS)).filter((file) => file.endsWith(".md") && file !== "README.md");
  const list = text(`${DECISIONS}/README.md`);
  const numbers = notes.map((file) => /^(\d{3})-[a-z0-9-]+\.md$/.exec(file)?.[1]);
  assert.ok(!numbers.includes(undefined), `not named NNN-title.md: ${notes.join(", ")}`);
  assert.equal(new Set(numbers).size, notes.length, `a number is used twice: ${notes.join(", ")}`);
  for (const file of notes) {
    assert.match(text(`${DECISIONS}/${file}`), new RegExp(`^# ${file.slice(0, 3)}[.: ]`), `${file} does not begin with its number`);
    assert.ok(list.includes(`(${file})`), `${file} is not listed in ${DECISIONS}/README.md`);
  }
});

test("every dependency has its line of reason, and every line its dependency", () => {
  const wanted = [...dependencies("dependencies"), ...dependencies("devDependencies")];
  const rows = [...text("docs/dependencies.md").matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "");
  assert.deepEqual(rows.sort(), wanted.sort());
});

test("nothing in the repository names a path of the machine that it was written on", () => {
  // Put together here, so that this file does not hold them itself.
  const machine = ["work", "farm", "tmp/circus-src"].map((directory) => `/${directory}/`);
  // A path begins where no name goes on: "frame/work/" is none.
  const pattern = new RegExp(`(^|[^A-Za-z0-9_./-])(${machine.join("|")})`, "m");
  const binary = /\.(png|ico|gz|woff2?|tgz)$/;
  const suspects = repositoryFiles().filter((file) => !binary.test(file) && file !== "package-lock.json");
  assert.deepEqual(
    suspects.filter((file) => pattern.test(text(file))),
    [],
  );
});
