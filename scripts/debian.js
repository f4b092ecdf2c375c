// @ts-check
/**
 * Makes circusd_VERSION_ARCH.deb of what `npm pack` packs and the packages that it needs, with unit, configuration,
 * logrotate and manual pages. Nothing is fetched and nothing is compiled beyond the usual build.
 *
 *     node scripts/debian.js                          builds, then writes into this directory
 *     node scripts/debian.js --from DIRECTORY         packs what is built there, a repository of its own
 *     node scripts/debian.js --packed FILE            takes what npm pack has written there, of what is built
 *     node scripts/debian.js --output DIRECTORY       writes there
 *     node scripts/debian.js --quick                  compresses little, for tests
 *
 * The maintainer is who builds it, by DEBFULLNAME and DEBEMAIL as in Debian's own tools, else the author in package.json.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { copyProduction } from "./production.js";
import { build, inOrder, install, root } from "./steps.js";

/** Debian's word for a processor, and Node's. */
const PROCESSORS = new Map([
  ["amd64", "x64"],
  ["arm64", "arm64"],
]);

const { values } = parseArgs({
  options: {
    from: { type: "string" },
    packed: { type: "string" },
    output: { type: "string", default: "." },
    quick: { type: "boolean", default: false },
  },
});
const from = path.resolve(values.from ?? root);
const output = path.resolve(values.output);
if (values.from === undefined && values.packed === undefined) await inOrder(install, build);

const arch = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
const cpu = PROCESSORS.get(arch);
if (cpu === undefined) throw new Error(`Cannot make a package for "${arch}": circusd runs on amd64 and arm64`);

const work = mkdtempSync(path.join(tmpdir(), "circusd-deb-"));
try {
  const file = makePackage(path.join(work, "root"), { arch, cpu });
  console.log(file);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * @param {string} stage
 * @param {{ readonly arch: string, readonly cpu: string }} target
 * @returns {string} the file that was written
 */
function makePackage(stage, { arch, cpu }) {
  const library = path.join(stage, "usr/lib/circusd");
  mkdirSync(library, { recursive: true });
  unpack(library);
  copyProduction(from, cpu, library);
  /** @type {{ version: string, bin: Record<string, string>, description: string, author?: Author }} */
  const about = JSON.parse(readFileSync(path.join(library, "package.json"), "utf8"));
  linkPrograms(stage, about.bin);
  installManuals(stage);
  installCompletions(stage);
  installConfiguration(stage);
  // A pre-release comes before the release: 1.0.0-beta.1 is 1.0.0~beta.1 here.
  const version = about.version.replace("-", "~");
  tidy(stage);
  describe(stage, { version, arch, description: about.description, maintainer: maintainerOf(about.author) });
  const file = path.join(output, `circusd_${version}_${arch}.deb`);
  mkdirSync(output, { recursive: true });
  execFileSync("dpkg-deb", ["--build", "--root-owner-group", ...(values.quick ? ["-Zgzip", "-z1"] : []), stage, file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return file;
}

/** @param {string} library */
function unpack(library) {
  const tarball = values.packed ?? pack();
  execFileSync("tar", ["--extract", "--gzip", "--strip-components=1", "--file", tarball, "--directory", library]);
}

/** What npm packs is the package; its own build has been done, or is not ours to do. */
function pack() {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", work];
  const name = execFileSync("npm", args, { cwd: from, encoding: "utf8" }).trim().split("\n").at(-1) ?? "";
  return path.join(work, name);
}

/**
 * @param {string} stage
 * @param {Record<string, string>} programs
 */
function linkPrograms(stage, programs) {
  mkdirSync(path.join(stage, "usr/bin"), { recursive: true });
  const library = path.join(stage, "usr/lib/circusd");
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(library, script);
    if (!existsSync(file)) continue;
    // The system's Node, whatever the PATH of whoever calls it.
    writeFileSync(file, readFileSync(file, "utf8").replace(/^#!.*/, "#!/usr/bin/node"));
    chmodSync(file, 0o755);
    symlinkSync(path.join("../lib/circusd", script), path.join(stage, "usr/bin", name));
  }
}

/** @param {string} stage */
function installManuals(stage) {
  const library = path.join(stage, "usr/lib/circusd");
  for (const name of readdirSync(path.join(library, "man"))) {
    const directory = path.join(stage, `usr/share/man/man${path.extname(name).slice(1)}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `${name}.gz`), gzipSync(readFileSync(path.join(library, "man", name)), { level: 9 }));
  }
  const documents = path.join(stage, "usr/share/doc/circusd");
  mkdirSync(documents, { recursive: true });
  for (const name of ["docs", "examples", "README.md"]) cpSync(path.join(library, name), path.join(documents, name), { recursive: true });
  writeFileSync(path.join(documents, "changelog.gz"), gzipSync(readFileSync(path.join(library, "CHANGELOG.md")), { level: 9 }));
  writeFileSync(path.join(documents, "copyright"), readFileSync(path.join(library, "LICENSE")));
  for (const name of ["docs", "examples", "man", "README.md", "CHANGELOG.md", "LICENSE"]) {
    rmSync(path.join(library, name), { recursive: true, force: true });
  }
}

/** Where each shell looks without being told. @param {string} stage */
function installCompletions(stage) {
  const library = path.join(stage, "usr/lib/circusd/completions");
  for (const [source, target] of [
    ["circusctl.bash", "usr/share/bash-completion/completions/circusctl"],
    ["_circusctl", "usr/share/zsh/vendor-completions/_circusctl"],
    ["circusctl.fish", "usr/share/fish/vendor_completions.d/circusctl.fish"],
  ]) {
    cpSync(path.join(library, source ?? ""), path.join(stage, target ?? ""));
  }
  rmSync(library, { recursive: true });
}

/** @param {string} stage */
function installConfiguration(stage) {
  const deploy = path.join(from, "deploy");
  for (const [source, target] of [
    ["systemd/circusd.service", "usr/lib/systemd/system/circusd.service"],
    ["systemd/circusd@.service", "usr/lib/systemd/system/circusd@.service"],
    ["systemd/circusd.socket", "usr/share/doc/circusd/examples/circusd.socket"],
    ["logrotate/circusd", "etc/logrotate.d/circusd"],
    ["debian/circus.ini", "etc/circus/circus.ini"],
  ]) {
    cpSync(path.join(deploy, source ?? ""), path.join(stage, target ?? ""));
  }
}

/**
 * Modes do not depend on the umask of whoever builds.
 * @param {string} directory
 */
function tidy(directory) {
  chmodSync(directory, 0o755);
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    const found = lstatSync(file);
    if (found.isDirectory()) tidy(file);
    else if (found.isFile()) chmodSync(file, (found.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/**
 * @typedef {string | { readonly name: string, readonly email?: string }} Author
 *
 * Whom dpkg names for questions: a package of one's own is nobody else's to answer for.
 * @param {Author | undefined} author
 */
function maintainerOf(author) {
  const { DEBFULLNAME: builder = "", DEBEMAIL: address = "" } = process.env;
  if (address !== "") return `${builder || "Whoever built this package"} <${address}>`;
  if (typeof author === "string" && author.includes("<")) return author.replace(/>.*/, ">");
  if (typeof author === "object" && author.email !== undefined) return `${author.name} <${author.email}>`;
  return `Whoever built this package <root@${hostname()}>`;
}

/**
 * Writes what dpkg wants to know.
 * @param {string} stage
 * @param {{ readonly version: string, readonly arch: string, readonly description: string, readonly maintainer: string }} about
 */
function describe(stage, { version, arch, description, maintainer }) {
  const files = readdirSync(stage, { recursive: true, encoding: "utf8" })
    .filter((name) => lstatSync(path.join(stage, name)).isFile())
    .sort();
  const size = files.reduce((sum, name) => sum + Math.ceil(lstatSync(path.join(stage, name)).size / 1024), 0);
  const sums = files.map(
    (name) =>
      `${createHash("md5")
        .update(readFileSync(path.join(stage, name)))
        .digest("hex")}  ${name}\n`,
  );
  const control = [
    "Package: circusd",
    `Version: ${version}`,
    `Architecture: ${arch}`,
    `Maintainer: ${maintainer}`,
    "Section: admin",
    "Priority: optional",
    `Installed-Size: ${size}`,
    "Depends: nodejs (>= 20.19), adduser, init-system-helpers (>= 1.52), util-linux",
    "Recommends: logrotate",
    `Description: ${description}`,
    " circusd starts, watches and restarts processes, opens their sockets, and keeps",
    " their output. It takes the configuration and the protocol of Circus.",
  ];
  const debian = path.join(stage, "DEBIAN");
  mkdirSync(debian);
  writeFileSync(path.join(debian, "control"), `${control.join("\n")}\n`);
  writeFileSync(path.join(debian, "conffiles"), "/etc/circus/circus.ini\n/etc/logrotate.d/circusd\n");
  writeFileSync(path.join(debian, "md5sums"), sums.join(""));
  for (const name of ["postinst", "prerm", "postrm"]) {
    cpSync(path.join(from, "deploy/debian", name), path.join(debian, name));
    chmodSync(path.join(debian, name), 0o755);
  }
  for (const name of ["control", "conffiles", "md5sums"]) chmodSync(path.join(debian, name), 0o644);
  chmodSync(debian, 0o755);
}
