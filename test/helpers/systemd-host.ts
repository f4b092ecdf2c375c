/**
 * A systemd of a test's own, as the first process of its namespaces, on a layer above this host's files (see
 * debian-host.ts): units are started by what they are written for. It starts what it is told to and nothing of the host.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmdirSync } from "node:fs";
import path from "node:path";
import { ALONE, LAYER } from "./debian-host.js";
import type { TempDir } from "./temp.js";

/** Hierarchies of control groups that systemd wants to manage: the only one, or the two of a host with both versions. */
const GROUPS = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];

/** A group of its own first, which becomes the root of what it sees. */
const INTO_GROUPS = `for at in ${GROUPS.join(" ")}; do
  [ ! -e $at/cgroup.procs ] || { mkdir $at/$GROUP && echo $$ > $at/$GROUP/cgroup.procs; }
done
exec unshare --cgroup sh -e -c "$INNER"`;

/** What a container's manager prepares: devices, control groups, and kernel settings that cannot be written. */
const INNER = `${LAYER}
umount --recursive --lazy $ROOT/dev
mount -t tmpfs dev $ROOT/dev
for name in null zero full random urandom tty; do touch $ROOT/dev/$name; mount --bind /dev/$name $ROOT/dev/$name; done
ln -s /proc/self/fd $ROOT/dev/fd
mount --bind $ROOT/proc/sys $ROOT/proc/sys
mount -o remount,ro,bind $ROOT/proc/sys
mount -t sysfs -o ro sysfs $ROOT/sys
if [ -e /sys/fs/cgroup/cgroup.procs ]; then mount -t cgroup2 cgroup2 $ROOT/sys/fs/cgroup
else
  mount -t tmpfs groups $ROOT/sys/fs/cgroup
  mkdir $ROOT/sys/fs/cgroup/systemd $ROOT/sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup $ROOT/sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 $ROOT/sys/fs/cgroup/unified
fi
mkdir $ROOT/test
mount --bind "$TEST" $ROOT/test
chroot $ROOT /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh -e /test/prepare
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot $ROOT /lib/systemd/systemd --unit=$UNIT --show-status=no`;

/** The unit that runs the script, once what it comes after is up or has failed. */
const TARGET = "test.service";

interface Scenario {
  /** Copied to /tmp/package. */
  readonly file: string;
  /** Runs before systemd does. */
  readonly prepare: string;
  /** Is started, without what systemd itself would want before it. */
  readonly unit: string;
  /** Runs once that is up. */
  readonly script: string;
}

/**
 * Starts the unit, then runs the script.
 * @returns what the script has written; null where no systemd can be started here
 */
export async function onSystemdHost(dir: TempDir, { file, prepare, unit, script }: Scenario): Promise<string | null> {
  const alone = "[Unit]\nDefaultDependencies=no\n";
  await dir.write("script", script);
  await dir.write("alone.conf", alone);
  await dir.write(
    TARGET,
    `${alone}Wants=${unit}\nAfter=${unit}\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "sh -e /test/script > /test/said 2>&1; systemctl exit"\n`,
  );
  await dir.write(
    "prepare",
    `${prepare}\nunits=/etc/systemd/system\nmkdir $units/${unit}.d\ncp /test/alone.conf $units/${unit}.d/\ncp /test/${TARGET} $units/\n`,
  );
  const group = `circusd-test-${process.pid}`;
  spawnSync("unshare", [...ALONE, "sh", "-e", "-c", INTO_GROUPS], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"], INNER, GROUP: group, UNIT: TARGET, PACKAGE: file, TEST: dir.path, NODE: process.execPath },
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  for (const at of GROUPS) removeGroups(path.join(at, group));
  return readdirSync(dir.path).includes("said") ? readFileSync(dir.join("said"), "utf8") : null;
}

/** They are empty, as their processes are gone. */
function removeGroups(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroups(path.join(directory, entry.name));
    }
    rmdirSync(directory);
  } catch {
    // It was never made.
  }
}
