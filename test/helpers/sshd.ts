/** Debian's openssh-server for one test: on loopback, with a configuration and keys of its own, for the user who runs the test. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { descendants } from "./daemon.js";
import { eventually, kill } from "./facts.js";
import { freePort } from "./free-port.js";
import { tempDir, type TempDir } from "./temp.js";

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** sshd starts itself anew for each connection, by this path. */
const PROGRAM = "/usr/sbin/sshd";
/** Where the server of root puts what has no rights. */
const PRIVILEGE_SEPARATION = "/run/sshd";

/** Why a test that needs an ssh server cannot run, or false. With CI=true it is never skipped. */
export function withoutSshd(): string | false {
  const there = existsSync(PROGRAM) && spawnSync("ssh", ["-V"], { stdio: "ignore" }).status === 0;
  if (there || process.env["CI"] === "true") return false;
  return "there is no ssh server here; apt-get install openssh-server openssh-client";
}

export class Sshd {
  /** For `--ssh`: `user@127.0.0.1:port`. */
  readonly server: string;
  /** The private key that it knows. */
  readonly key: string;
  /** A private key that it does not know. */
  readonly stranger: string;
  /** What a client needs in its environment: an `ssh` that knows this server and reads no configuration of the user. */
  readonly env: Readonly<Record<string, string>>;
  /** The same where `ssh` finds the key by itself. */
  readonly envWithKey: Readonly<Record<string, string>>;
  readonly #process: ChildProcess;

  private constructor(dir: TempDir, child: ChildProcess, port: number) {
    this.#process = child;
    this.server = `${userInfo().username}@127.0.0.1:${port}`;
    this.key = dir.join("user");
    this.stranger = dir.join("stranger");
    this.env = { PATH: `${dir.join("bin")}:${process.env["PATH"] ?? ""}`, SSH_AUTH_SOCK: "", TEST_SSH_KEY: "" };
    this.envWithKey = { ...this.env, TEST_SSH_KEY: this.key };
  }

  static async start(t: Cleanup): Promise<Sshd> {
    const dir = await tempDir(t);
    if (userInfo().uid === 0) mkdirSync(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
    for (const name of ["host", "user", "stranger"]) makeKey(dir.join(name));
    const port = await freePort();
    await dir.write("sshd_config", serverConfig(dir, port));
    await dir.write("ssh_config", clientConfig(dir));
    await dir.write(
      "bin/ssh",
      `#!/bin/sh\nexec ${findSsh()} -F '${dir.join("ssh_config")}' \${TEST_SSH_KEY:+-i "$TEST_SSH_KEY"} "$@"\n`,
      0o755,
    );
    const child = spawn(PROGRAM, ["-D", "-e", "-f", dir.join("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const sshd = new Sshd(dir, child, port);
    t.after(() => sshd.stop());
    await eventually(
      () => said,
      (text) => /listening on 127\.0\.0\.1/.test(text) || child.exitCode !== null,
    );
    if (child.exitCode !== null) throw new Error(`sshd ended with code ${child.exitCode}: ${said}`);
    return sshd;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#process.pid === undefined ? 0 : descendants(this.#process.pid).length;
  }

  /** Ends the server with all of its connections, as a host that is gone. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exit = once(this.#process, "exit");
    for (const each of [...descendants(pid), pid]) kill(each, "SIGKILL");
    await exit;
  }
}

function makeKey(file: string): void {
  const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`ssh-keygen failed: ${made.stderr}`);
}

function findSsh(): string {
  return spawnSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).stdout.trim();
}

/** StrictModes would look at the directory of the test's key, which stands below one that everybody may write to. */
function serverConfig(dir: TempDir, port: number): string {
  const lines = [
    ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${dir.join("host")}`, `AuthorizedKeysFile ${dir.join("user.pub")}`],
    ...["PidFile none", "UsePAM no", "StrictModes no", "PermitRootLogin prohibit-password", "PasswordAuthentication no"],
    ...["KbdInteractiveAuthentication no", "AllowTcpForwarding yes", "AllowStreamLocalForwarding yes", "LogLevel INFO"],
  ];
  return `${lines.join("\n")}\n`;
}

/** Trusts at first sight, as the server is that of the test. */
function clientConfig(dir: TempDir): string {
  const lines = [
    ...["IdentitiesOnly yes", "BatchMode yes", "StrictHostKeyChecking accept-new"],
    ...[`UserKnownHostsFile ${dir.join("known_hosts")}`, "GlobalKnownHostsFile /dev/null", "LogLevel ERROR"],
  ];
  return `Host *\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
