/**
 * A disk that is soon full: a tmpfs in a mount namespace that a shell holds and nobody else sees but through
 * /proc. The shell ends with its standard input, so even a test that is killed leaves no mount behind.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** Some directory that is there on every machine; only the shell sees it covered. */
const MOUNT_POINT = "/mnt";

/**
 * Mounts a disk for one test.
 * @param size as mount(8) takes it: `32m`
 * @returns the directory where this process finds it; null where mounting is not allowed
 */
export async function smallDisk(t: Cleanup, size: string): Promise<string | null> {
  const alone = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--user", "--map-root-user"];
  const shell = spawn("unshare", [...alone, "sh"], { stdio: ["pipe", "pipe", "ignore"] });
  const gone = new Promise<null>((resolve) => {
    shell.once("close", () => resolve(null));
    shell.once("error", () => resolve(null));
  });
  t.after(async () => {
    shell.kill("SIGKILL");
    await gone;
  });
  // Where unshare is not allowed it does not read what is written here.
  shell.stdin.on("error", () => undefined);
  shell.stdin.write(`mount -t tmpfs -o size=${size} tmpfs ${MOUNT_POINT} && echo mounted || exit\n`);
  const answer = await Promise.race([once(createInterface({ input: shell.stdout }), "line"), gone]);
  return answer === null ? null : `/proc/${shell.pid ?? 0}/root${MOUNT_POINT}`;
}
