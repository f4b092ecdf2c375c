/** What stands in deploy/ is understood by those whom it is for. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { onDebianHost, withoutDebianHost } from "../helpers/debian-host.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";

const deploy = (...parts: string[]): string => repositoryPath("deploy", ...parts);

test("systemd finds no fault with the units", { skip: without("systemd-analyze", "--version") }, async (t) => {
  const dir = await tempDir(t);
  const units: string[] = [];
  for (const name of readdirSync(deploy("systemd"))) {
    // The program stands elsewhere here, and a template is looked at by one of its instances.
    const text = readFileSync(deploy("systemd", name), "utf8").replaceAll("/usr/bin/circusd", "/bin/true");
    await dir.write(name, text);
    units.push(await dir.write(name.replace("@.", "@web."), text));
  }
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], {
    encoding: "utf8",
    env: { ...process.env, SYSTEMD_LOG_LEVEL: "notice" },
  });
  // Faults of other units on this host are not ours.
  const faults = (stdout + stderr).split("\n").filter((line) => line.includes(dir.path) || /circusd/.test(line));
  assert.deepEqual([status, faults], [0, []]);
});

const noHost = withoutDebianHost() || without("systemd-analyze", "--version");

test("the commands that put the unit beside npm's package do so", { skip: noHost }, async (t) => {
  const dir = await tempDir(t);
  const block = /^```\n((?:cd .*\n)?adduser [\s\S]*?)^```$/m.exec(readFileSync(repositoryPath("docs", "deployment.md"), "utf8"))?.[1] ?? "";
  const home = dir.join("lib/node_modules/circusd");
  cpSync(deploy(), `${home}/deploy`, { recursive: true });
  await dir.write("bin/circusd", "#!/bin/sh\n", 0o755);
  execFileSync("tar", ["--create", "--file", "files.tar", "lib", "bin"], { cwd: dir.path });
  // npm and a systemd that runs are not there; they are asked for one thing each.
  const script = `tar --extract --file /tmp/package --directory /usr/local
export PATH=/usr/local/bin:$PATH
npm() { [ "$*" = "root --global" ] && echo /usr/local/lib/node_modules; }
systemctl() { echo "systemctl $*"; }
cd /
${block}
systemd-analyze verify --man=no circusd.service 2>&1
stat --format "%a %U %G" /etc/circus/circus.ini
grep ^ExecStart= /etc/systemd/system/circusd.service
id --name --user circus`;
  const { status, stdout, stderr } = onDebianHost(script, dir.join("files.tar"));
  assert.equal(status, 0, stdout + stderr);
  assert.deepEqual(stdout.split("\n").slice(-6), [
    "systemctl daemon-reload",
    "systemctl enable --now circusd",
    "640 root circus",
    "ExecStart=/usr/local/bin/circusd /etc/circus/circus.ini",
    "circus",
    "",
  ]);
});

test("the template says what the service says, but for the names of its instance", () => {
  const settings = (name: string): readonly string[] =>
    readFileSync(deploy("systemd", name), "utf8")
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line));
  const service = settings("circusd.service");
  const differing = settings("circusd@.service").filter((line) => !service.includes(line));
  assert.equal(settings("circusd@.service").length, service.length);
  for (const line of differing) assert.match(line, /%i/, line);
});

test("circusd finds no fault with the configurations of the container and of the Debian package", async (t) => {
  const dir = await tempDir(t);
  for (const name of ["container", "debian"]) {
    // Where it will run the directory is another.
    await dir.write("circus.ini", readFileSync(deploy(name, "circus.ini"), "utf8"));
    const { status, stdout } = spawnSync(process.execPath, [repositoryPath("bin", "circusd.js"), "--check", dir.join("circus.ini")], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /no faults/, name);
  }
});

test("the container copies what there is, and starts circusd with its own configuration", () => {
  const dockerfile = readFileSync(deploy("container", "Dockerfile"), "utf8");
  const copied = /^COPY (.*) \.\/$/m.exec(dockerfile)?.[1]?.split(" ") ?? [];
  assert.deepEqual([...copied, "Dockerfile"].toSorted(), readdirSync(deploy("container")).toSorted());
  assert.match(dockerfile, /^ENTRYPOINT \["circusd"\]$/m);
});

test("logrotate understands its configuration", { skip: without("logrotate", "--version") }, async (t) => {
  const dir = await tempDir(t);
  await dir.write("log/web.log", "a line\n");
  chmodSync(dir.join("log"), 0o755);
  // The user is there only where circusd was installed.
  const text = readFileSync(deploy("logrotate", "circusd"), "utf8")
    .replace("/var/log/circus", dir.join("log"))
    .replace(/^\tsu .*\n/m, "");
  const output = execFileSync("logrotate", ["--debug", "--state", dir.join("state"), await dir.write("circusd", text)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.doesNotMatch(output, /error/i);
});
