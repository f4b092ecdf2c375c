/** The packages that users install, made from what is built here, and used where nothing of its development is. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { text } from "node:stream/consumers";
import test from "node:test";
import { onDebianHost, withoutDebianHost } from "../helpers/debian-host.js";
import { eventually } from "../helpers/facts.js";
import { without } from "../helpers/partners.js";
import { repositoryPath, repositoryRoot } from "../helpers/root.js";
import { onSystemdHost } from "../helpers/systemd-host.js";
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
async function tryOut(dir: TempDir, pathOf: (program: string) => string): Promise<void> {
  const [circusd, circusctl, circuit] = [pathOf("circusd"), pathOf("circusctl"), pathOf("circuit")];
  const env = { PATH: await barePath(dir), CIRCUSCTL_ENDPOINT: `ipc://${dir.join("c")}` };
  const ini = `[circus]\nendpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}\n[watcher:web]\ncmd = sleep 3600\ncopy_env = True\n`;
  const run = (program: string, ...args: string[]) => spawnSync("node", [program, ...args], { env, encoding: "utf8", cwd: dir.path });
  const { version } = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8")) as { readonly version: string };
  assert.equal(run(circusd, "--version").stdout, `${version}\n`);
  assert.equal(run(circuit, "version").stdout, `circuit ${version}\n`);
  const child = spawn("node", [circusd, await dir.write("circus.ini", ini)], {
    env,
    cwd: dir.path,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const log = text(child.stderr);
  try {
    await eventually(
      () => (child.exitCode === null ? run(circusctl, "--timeout", "1", "status").stdout : "it ended"),
      (status) => status !== "",
    );
    assert.equal(run(circusctl, "status").stdout, "web: active\n");
    assert.equal(run(circusctl, "quit").status, 0);
    await once(child, "exit");
    assert.equal(child.exitCode, 0);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
    assert.doesNotMatch(await log, /ERROR|CRITICAL|internal/);
  }
}

/** Everything that an administrator does with a package. What each part tells follows its name. */
const LIFE_OF_A_PACKAGE = `
dpkg-query --show nodejs > /dev/null 2>&1 || given=--ignore-depends=nodejs
dpkg() { command dpkg --force-unsafe-io --no-triggers --path-include="*" $given "$@" > /tmp/said || { cat /tmp/said; exit 1; }; }
dpkg --install /tmp/package
command dpkg --verify circusd
echo "== user"; getent passwd circus
echo "== configuration"; stat --format "%a %U %G %n" /etc/circus /etc/circus/circus.ini
echo "== unit"
command -v man > /dev/null || man=--man=no
systemd-analyze verify $man circusd.service circusd@web.service 2>&1
basename "$(readlink /etc/systemd/system/multi-user.target.wants/circusd.service)"
echo "== logrotate"; logrotate --debug /etc/logrotate.d/circusd 2>&1
echo "== daemon"
install --directory --owner=circus --group=circus /run/circusd /var/lib/circusd /var/log/circus
setpriv --reuid=circus --regid=circus --init-groups circusd --daemon --pidfile /run/circusd/pid /etc/circus/circus.ini
export CIRCUSCTL_ENDPOINT=ipc:///run/circusd/control.sock
ps -o user=,args= -p "$(cat /run/circusd/pid)" | tr -s " "
circusctl numwatchers
circusctl quit
echo "== upgrade"
echo "; mine" >> /etc/circus/circus.ini
dpkg --install /tmp/package
tail -n 1 /etc/circus/circus.ini
stat --format "%a %U %G" /etc/circus/circus.ini
echo "== removed"
dpkg --remove circusd
ls /usr/bin/circusd /usr/lib/circusd 2> /dev/null || ls /etc/circus/* /etc/logrotate.d/circusd
echo "== purged"
dpkg --purge circusd
ls --directory /etc/circus /etc/logrotate.d/circusd /var/log/circus /usr/lib/circusd 2> /dev/null || id --name --user circus
`;

/** Its workers take their time to stop, so that a reload does. */
const LIFE_OF_A_SERVICE = {
  prepare: `
command -v systemctl > /dev/null
dpkg-query --show nodejs > /dev/null 2>&1 || given=--ignore-depends=nodejs
dpkg --force-unsafe-io --no-triggers $given --install /tmp/package
cat >> /etc/circus/circus.ini << end
[watcher:web]
cmd = sh -c "trap 'sleep 0.5; exit' TERM; : > ready.\\$\\$; while :; do sleep 0.05; done"
copy_env = True
numprocesses = 2
end`,
  script: `
export CIRCUSCTL_ENDPOINT=ipc:///run/circusd/control.sock
show() { echo $(systemctl show --value --property=ActiveState circusd) $(systemctl show --value --property=$1 circusd); }
trapped() { until [ "$(ls /var/lib/circusd | wc -l)" = $1 ]; do sleep 0.05; done; }
trapped 2
show StatusText
circusctl list web
systemctl reload circusd
show StatusText
circusctl list web
trapped 4
pid=$(systemctl show --value --property=MainPID circusd)
ps -o user=,args= -p $pid | tr -s " "
systemctl stop circusd
show Result
ps -u circus > /dev/null || echo "none is left"
`,
};

test(
  "the Debian package and the one of npm are whole, and run where nothing can be compiled",
  { skip: without("dpkg-deb", "--version") },
  async (t) => {
    const dir = await tempDir(t);
    const npm = (cwd: string, ...args: string[]) => execFileSync("npm", args, { cwd, stdio: "ignore" });
    await mkdir(dir.join("packed"));
    npm(repositoryRoot(), "pack", "--ignore-scripts", "--pack-destination", dir.join("packed"));
    const packed = dir.join("packed", readdirSync(dir.join("packed"))[0] ?? "");
    const file = execFileSync(
      process.execPath,
      [repositoryPath("scripts", "debian.js"), "--quick", "--from", repositoryRoot(), "--packed", packed, "--output", dir.path],
      { encoding: "utf8", env: { ...process.env, DEBFULLNAME: "Joe Builder", DEBEMAIL: "joe@example.com" } },
    ).trim();
    const root = dir.join("root");

    await t.test("its control file names version, processor and what it needs", () => {
      const field = (name: string) => execFileSync("dpkg-deb", ["--field", file, name], { encoding: "utf8" }).trim();
      const { version } = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8")) as { readonly version: string };
      assert.equal(field("Version"), version.replace("-", "~"));
      assert.equal(field("Architecture"), execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim());
      assert.match(field("Depends"), /^nodejs \(>= 20\.19\)/);
      assert.equal(field("Package"), "circusd");
      assert.equal(field("Maintainer"), "Joe Builder <joe@example.com>");
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

    await t.test("it brings programs, unit, configuration, logrotate, manual pages and completions", () => {
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
        "usr/share/bash-completion/completions/circusctl",
        "usr/share/zsh/vendor-completions/_circusctl",
        "usr/share/fish/vendor_completions.d/circusctl.fish",
      ]) {
        assert.ok(existsSync(dir.join("root", name)), name);
      }
      assert.doesNotMatch(
        readFileSync(dir.join("root", "etc/circus/circus.ini"), "utf8"),
        /tcp:|^\[watcher/m,
        "nothing is started or reached at first",
      );
    });

    await t.test("its daemon runs", () => tryOut(dir, (program) => dir.join("root/usr/bin", program)));

    const noHost = withoutDebianHost() || without("systemd-analyze", "--version") || without("logrotate", "--version");
    await t.test("it is installed, upgraded, removed and purged by dpkg, with a user of its own", { skip: noHost }, () => {
      const { status, stdout, stderr } = onDebianHost(LIFE_OF_A_PACKAGE, file);
      assert.equal(status, 0, stdout + stderr);
      const told = new Map(stdout.split(/^== /m).map((part) => part.split(/\n(.*)/s, 2) as [string, string]));
      assert.match(told.get("user") ?? "", /^circus:x:\d{3}:\d{3}:[^:]*:\/var\/lib\/circusd:\/usr\/sbin\/nologin\n$/);
      assert.equal(told.get("configuration"), "750 root circus /etc/circus\n640 root circus /etc/circus/circus.ini\n");
      assert.equal(told.get("unit"), "circusd.service\n", "it is enabled, and systemd has nothing to say against it");
      assert.match(told.get("logrotate") ?? "", /rotating pattern: \/var\/log\/circus\/\*\.log/);
      assert.doesNotMatch(told.get("logrotate") ?? "", /error/i);
      assert.equal(told.get("daemon"), "circus circusd\n0\nok\n");
      assert.equal(told.get("upgrade"), "; mine\n640 root circus\n");
      assert.equal(told.get("removed"), "/etc/circus/circus.ini\n/etc/logrotate.d/circusd\n");
      assert.equal(told.get("purged"), "circus\n", "nothing is left but the user, whose files may be anywhere");
    });

    await t.test("systemd starts, reloads, watches and stops its service", { skip: noHost }, async (t) => {
      const said = await onSystemdHost(await tempDir(t), { file, unit: "circusd.service", ...LIFE_OF_A_SERVICE });
      if (said === null) return t.skip("systemd cannot be started here");
      const [up = "", before, reload = "", after, ...rest] = said.split("\n");
      assert.equal(up, "active 1 watcher active, 2 processes", said);
      assert.equal(reload, "active 1 watcher active, 2 processes", "the reload is over when systemctl returns");
      assert.match(`${before} ${after}`, /^\d+,\d+ \d+,\d+$/);
      assert.ok(before?.split(",").every((pid) => after?.split(",").includes(pid) === false));
      assert.deepEqual(rest, ["circus circusd", "inactive success", "none is left", ""]);
    });

    await t.test("what npm packs is installed by npm into an empty prefix, and runs with the same packages beside it", async () => {
      await using prefix = await tempDir();
      execFileSync("tar", ["--extract", "--gzip", "--file", packed], { cwd: prefix.path });
      // The packages that it needs are put beside it afterwards: a test asks no registry.
      const about = JSON.parse(readFileSync(prefix.join("package", "package.json"), "utf8")) as Readonly<Record<string, unknown>>;
      await prefix.write("package/package.json", JSON.stringify({ ...about, dependencies: {} }));
      execFileSync("tar", ["--create", "--file", "package.tar", "package"], { cwd: prefix.path });
      const quietly = ["--offline", "--no-audit", "--no-fund", "--cache", prefix.join("cache")];
      npm(prefix.path, "install", "--global", ...quietly, "--prefix", prefix.path, prefix.join("package.tar"));
      const home = prefix.join("lib", "node_modules", "circusd");
      symlinkSync(dir.join("root/usr/lib/circusd/node_modules"), `${home}/node_modules`);
      assert.equal(existsSync(`${home}/dist/test`), false, "tests stay here");
      assert.deepEqual(readdirSync(prefix.join("bin")).sort(), readdirSync(dir.join("root/usr/bin")).sort());
      assert.ok(existsSync(prefix.join("share/man/man5/circus.ini.5")));
      for (const name of ["circusd", "circusd/client", "circusd/plugin", "circusd/circuit"]) {
        const loaded = spawnSync("node", ["--input-type=module", "-e", `await import("${name}")`], { cwd: home, encoding: "utf8" });
        assert.equal(loaded.status, 0, loaded.stderr);
      }
      await tryOut(prefix, (program) => prefix.join("bin", program));
    });
  },
);
