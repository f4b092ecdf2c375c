/** The packages that users install, made from what is built here, and used where nothing of its development is. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import test from "node:test";
import { eventually } from "../helpers/facts.js";
import { without } from "../helpers/partners.js";
import { repositoryPath, repositoryRoot } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

/** The programs that an installed circusd finds: no compiler, no npm, nothing of this repository. */
const BARE = ["node", "env", "sh", "sleep", "setpriv"];

async function barePath(dir: TempDir): Promise<string> {
  await mkdir(dir.join("bare"));
  for (const name of BARE) {
    const found = name === "node" ? process.execPath : execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    symlinkSync(found, dir.join("bare", name));
  }
  return dir.join("bare");
}

/** Starts a daemon with these programs, asks it for its watchers, and ends it. */
async function tryOut(dir: TempDir, programs: { readonly circusd: string; readonly circusctl: string }): Promise<void> {
  const env = { PATH: await barePath(dir), CIRCUSCTL_ENDPOINT: `ipc://${dir.join("c")}` };
  const ini = `[circus]\nendpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}\n[watcher:web]\ncmd = sleep 3600\ncopy_env = True\n`;
  const run = (program: string, ...args: string[]) => spawnSync("node", [program, ...args], { env, encoding: "utf8", cwd: dir.path });
  const { version } = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8")) as { readonly version: string };
  assert.equal(run(programs.circusd, "--version").stdout, `${version}\n`);
  const child = spawn("node", [programs.circusd, await dir.write("circus.ini", ini)], {
    env,
    cwd: dir.path,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = text(child.stderr);
  try {
    await eventually(
      () => (child.exitCode === null ? run(programs.circusctl, "--timeout", "1", "status").stdout : "it ended"),
      (status) => status !== "",
    );
    assert.equal(run(programs.circusctl, "status").stdout, "web: active\n");
    assert.equal(run(programs.circusctl, "quit").status, 0);
    await once(child, "exit");
    assert.equal(child.exitCode, 0);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
    assert.doesNotMatch(await log, /ERROR|CRITICAL|internal/);
  }
}

test(
  "the Debian package and the one of npm are whole, and run where nothing can be compiled",
  { skip: without("dpkg-deb", "--version") },
  async (t) => {
    const dir = await tempDir(t);
    const file = execFileSync(
      process.execPath,
      [repositoryPath("scripts", "debian.js"), "--quick", "--from", repositoryRoot(), "--output", dir.path],
      { encoding: "utf8" },
    ).trim();
    const root = dir.join("root");

    await t.test("its control file names version, processor and what it needs", () => {
      const field = (name: string) => execFileSync("dpkg-deb", ["--field", file, name], { encoding: "utf8" }).trim();
      const { version } = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8")) as { readonly version: string };
      assert.equal(field("Version"), version.replace("-", "~"));
      assert.equal(field("Architecture"), execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim());
      assert.match(field("Depends"), /^nodejs \(>= 20\.19\)/);
      assert.equal(field("Package"), "circusd");
      const conffiles = execFileSync("dpkg-deb", ["--info", file, "conffiles"], { encoding: "utf8" });
      assert.equal(conffiles, "/etc/circus/circus.ini\n/etc/logrotate.d/circusd\n");
    });

    await t.test("its scripts can be read, and make the user once", async () => {
      execFileSync("dpkg-deb", ["--control", file, dir.join("control")]);
      for (const name of ["postinst", "prerm", "postrm"]) {
        assert.ok((statSync(dir.join("control", name)).mode & 0o111) !== 0, name);
        execFileSync("sh", ["-n", dir.join("control", name)]);
      }
      // Whatever would change this host writes down its arguments.
      for (const name of ["adduser", "chown", "chmod", "deb-systemd-helper", "deb-systemd-invoke", "systemctl"]) {
        await dir.write(`stubs/${name}`, `#!/bin/sh\necho "${name} $*" >> ${dir.join("done")}\n`, 0o755);
      }
      for (const known of [false, true]) {
        await dir.write("stubs/getent", `#!/bin/sh\nexit ${known ? 0 : 2}\n`, 0o755);
        await dir.write("done", "");
        execFileSync("/bin/sh", [dir.join("control", "postinst"), "configure"], { env: { PATH: dir.join("stubs") } });
        const said = readFileSync(dir.join("done"), "utf8");
        assert.equal(/^adduser .*--system --group .* circus$/m.test(said), !known);
        assert.match(said, /^chown root:circus \/etc\/circus/m);
      }
    });

    execFileSync("dpkg-deb", ["--extract", file, root]);

    await t.test("it brings programs, unit, configuration, logrotate and manual pages", () => {
      const programs = readdirSync(dir.join("root", "usr/bin"));
      assert.ok(programs.includes("circusd") && programs.includes("circusctl"));
      for (const name of programs) assert.match(readFileSync(dir.join("root", "usr/bin", name), "utf8"), /^#!\/usr\/bin\/node\n/, name);
      const pages = readdirSync(repositoryPath("man"));
      for (const name of pages) {
        const section = name.slice(name.lastIndexOf(".") + 1);
        assert.ok(existsSync(dir.join("root", `usr/share/man/man${section}`, `${name}.gz`)), name);
      }
      for (const name of [
        "usr/lib/systemd/system/circusd.service",
        "usr/lib/systemd/system/circusd@.service",
        "etc/logrotate.d/circusd",
        "usr/share/doc/circusd/copyright",
      ]) {
        assert.ok(existsSync(dir.join("root", name)), name);
      }
      assert.doesNotMatch(
        readFileSync(dir.join("root", "etc/circus/circus.ini"), "utf8"),
        /tcp:|^\[watcher/m,
        "nothing is started or reached at first",
      );
    });

    await t.test("its daemon runs", () =>
      tryOut(dir, { circusd: dir.join("root/usr/bin/circusd"), circusctl: dir.join("root/usr/bin/circusctl") }),
    );

    await t.test("what npm packs, in a prefix as npm makes it, runs with the same packages beside it", async () => {
      await using prefix = await tempDir();
      execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", prefix.path], {
        cwd: repositoryRoot(),
        stdio: "ignore",
      });
      const [tarball = ""] = readdirSync(prefix.path);
      const home = prefix.join("lib", "node_modules", "circusd");
      await mkdir(home, { recursive: true });
      execFileSync("tar", ["--extract", "--gzip", "--strip-components=1", "--file", prefix.join(tarball), "--directory", home]);
      symlinkSync(dir.join("root/usr/lib/circusd/node_modules"), `${home}/node_modules`);
      await mkdir(prefix.join("bin"));
      for (const name of ["circusd", "circusctl"]) symlinkSync(`../lib/node_modules/circusd/bin/${name}.js`, prefix.join("bin", name));
      assert.equal(existsSync(`${home}/dist/test`), false, "tests stay here");
      await tryOut(prefix, { circusd: prefix.join("bin/circusd"), circusctl: prefix.join("bin/circusctl") });
    });
  },
);
