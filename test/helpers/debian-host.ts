/**
 * A Debian on which packages can be installed for a test: this host's own files, with a layer above them that takes
 * every change and is gone with the shell that holds it. Processes and mounts in it are its own, and what runs on the
 * host is not to be reached.
 */
import { spawnSync } from "node:child_process";
import { without } from "./partners.js";

/** Makes the layer, at $ROOT. Programs of a package look for Debian's Node; where there is none, the one of the test is it. */
export const LAYER = `set -e
ROOT=/mnt/root
mount -t tmpfs tmpfs /mnt
mkdir /mnt/changes /mnt/work $ROOT
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/changes,workdir=/mnt/work $ROOT
mount --rbind /dev $ROOT/dev
mount -t proc proc $ROOT/proc
mount -t tmpfs tmpfs $ROOT/run
mount -t tmpfs tmpfs $ROOT/tmp
[ -z "$PACKAGE" ] || cp "$PACKAGE" $ROOT/tmp/package
[ -e $ROOT/usr/bin/node ] || cp "$NODE" $ROOT/usr/bin/node`;

const ENTER = `${LAYER}
exec chroot $ROOT /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -e -c "$SCRIPT"`;

export const ALONE = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--uts", "--ipc"];

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function inLayer(script: string, file: string): Outcome {
  return spawnSync("unshare", [...ALONE, "sh", "-c", ENTER], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], SCRIPT: script, PACKAGE: file, NODE: process.execPath },
  });
}

/** Why packages cannot be installed here, or false. */
export function withoutDebianHost(): string | false {
  const noDpkg = without("dpkg", "--version");
  if (noDpkg !== false) return noDpkg;
  if (process.getuid?.() !== 0) return "installing a package wants root";
  const { status, stderr } = inLayer("true", "");
  return status === 0 ? false : `layers of file systems are not allowed here: ${stderr.trim()}`;
}

/**
 * Runs a script of sh there as root, ended by the first command that fails. `/tmp/package` is a copy of the file.
 * @returns what the script wrote
 */
export function onDebianHost(script: string, file: string): Outcome {
  return inLayer(script, file);
}
