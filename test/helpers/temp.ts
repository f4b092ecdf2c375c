/** Directories and files for one test, gone when it ends. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export interface TempDir {
  readonly path: string;
  /** Absolute path of something inside: `dir.join("log", "out.log")`. */
  join(...parts: string[]): string;
  /** Writes a file, with the directories above it, and returns its path. */
  write(name: string, content: string | Uint8Array, mode?: number): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The part of node:test's context that clears up after a test. */
interface Cleanup {
  after(run: () => Promise<void>): void;
}

/**
 * Makes an empty directory; its path is short enough for a unix socket inside it.
 * @param cleanup the test's context: the directory is removed when that test ends. Without it, use `await using`
 * or dispose of it yourself.
 * @example `const dir = await tempDir(t);`
 */
export async function tempDir(cleanup?: Cleanup): Promise<TempDir> {
  const root = await mkdtemp(path.join(tmpdir(), "circusd-"));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 });
  cleanup?.after(remove);
  return {
    path: root,
    join: (...parts) => path.join(root, ...parts),
    async write(name, content, mode = 0o644) {
      const file = path.join(root, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content, { mode });
      return file;
    },
    [Symbol.asyncDispose]: remove,
  };
}
