/** Which file imports which, as written: values, types and `import()` alike. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** Paths are relative to the repository, with `/`. */
export type Sources = ReadonlyMap<string, string>;

export interface Import {
  readonly from: string;
  /** A path as in `Sources` for what is written relative, else the specifier: `node:fs`, `koffi`. */
  readonly to: string;
  readonly relative: boolean;
}

/** Reads every file below the given directories, where they exist, whose name ends in one of the endings. */
export function readSources(root: string, directories: readonly string[], endings: readonly string[]): Sources {
  const sources = new Map<string, string>();
  for (const directory of directories.filter((one) => existsSync(path.join(root, one)))) {
    const names = readdirSync(path.join(root, directory), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((one) => endings.some((ending) => one.endsWith(ending)) && !one.includes("node_modules"))) {
      sources.set(`${directory}/${name}`, readFileSync(path.join(root, directory, name), "utf8"));
    }
  }
  return sources;
}

export function importsOf(sources: Sources): Import[] {
  return [...sources].flatMap(([from, text]) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
      const relative = fileName.startsWith(".");
      const target = path.posix.join(path.posix.dirname(from), fileName);
      return { from, to: relative ? sourceOf(target, sources) : fileName, relative };
    }),
  );
}

/** TypeScript is imported by the name of what it compiles to. */
function sourceOf(target: string, sources: Sources): string {
  const named = [".ts", ".tsx"].map((ending) => target.replace(/\.js$/, ending));
  return named.find((source) => sources.has(source)) ?? target;
}

/** For every group of files that reach each other, its shortest circle, as it is walked: `[a, b, a]`. */
export function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, relative } of imports) if (relative) next.set(from, [...(next.get(from) ?? []), to]);
  return components(next).flatMap((group) => {
    const walks = group.map((file) => walkBack(file, next)).filter((walk) => walk !== null);
    return walks.sort((a, b) => a.length - b.length).slice(0, 1);
  });
}

/** Strongly connected components, by Tarjan's algorithm. */
function components(next: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  /** The lowest index that the file reaches on the stack. */
  const visit = (file: string): number => {
    const own = index.size;
    let low = own;
    index.set(file, own);
    stack.push(file);
    for (const target of next.get(file) ?? []) {
      const seen = index.get(target);
      if (seen === undefined) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, seen);
    }
    if (low === own) found.push(stack.splice(stack.indexOf(file)).sort());
    return low;
  };
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return found;
}

/** The shortest way from a file back to itself, or null where there is none. */
function walkBack(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | null {
  const walks = [[start]];
  const seen = new Set<string>();
  for (const walk of walks) {
    for (const target of next.get(walk.at(-1) ?? start) ?? []) {
      if (target === start) return [...walk, start];
      if (!seen.has(target)) walks.push([...walk, target]);
      seen.add(target);
    }
  }
  return null;
}
