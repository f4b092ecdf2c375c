/** Whether the daemon grows with what has happened: memory after many respawns and many commands. */
import { memory } from "../machine.js";
import { pause } from "../samples.js";
import { Subject } from "../subject.js";
import type { Line } from "../table.js";

const FEW = 5000;
/** By then V8 has given its young generation all the room that it may have. */
const SOME = 20_000;
const MANY = 100_000;
/** Milliseconds in which what is on the way comes to rest. */
const REST = 3000;
const IN_FLIGHT = 8;

export async function growth(): Promise<readonly Line[]> {
  await using subject = await Subject.start(
    "[watcher:true]\ncmd = /bin/true\nnumprocesses = 10\nmax_retry = -1\nrestart_delay = 0\nautostart = False\n",
  );
  let born = 0;
  using _events = await subject.follow(({ topic }) => {
    if (topic === "watcher.true.spawn") born += 1;
  });
  const { seconds } = await respawn(subject, () => born >= FEW);
  const early = await settled(subject);
  await respawn(subject, () => born >= SOME);
  const grown = await settled(subject);
  await respawn(subject, () => born >= MANY);
  const respawned = await settled(subject);
  for (let done = 0; done < MANY; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => subject.client.call("list", {})));
  }
  const asked = await settled(subject);
  const line = { unit: "MiB", floor: early, target: { atMostTimesFloor: 1.1 } };
  return [
    { what: "respawns of /bin/true in a second", unit: "/s", ours: FEW / seconds, circus: "2 /s" },
    { ...line, what: "memory after 100,000 respawns; floor: after 5,000", ours: respawned },
    { ...line, what: "… and 100,000 commands; floor: after 5,000 respawns", ours: asked },
    { ...line, what: "the same; floor: after 20,000 respawns", ours: asked, floor: grown },
  ];
}

async function respawn(subject: Subject, enough: () => boolean): Promise<{ readonly seconds: number }> {
  const begun = performance.now();
  await subject.client.call("start", { name: "true" });
  while (!enough()) await pause(20);
  const seconds = (performance.now() - begun) / 1000;
  await subject.client.call("stop", { name: "true", waiting: true });
  return { seconds };
}

async function settled(subject: Subject): Promise<number> {
  await pause(REST);
  return memory(subject.pid).rss;
}
