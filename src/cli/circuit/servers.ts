/** Commands about servers. */
import type { SeenMember } from "../../circuit/client.js";
import type { Member } from "../../core/circuit/member.js";
import { parseAddress } from "../../wire/circuit/address.js";
import { Refusal } from "./failure.js";
import { goJson } from "./go-json.js";
import { shown, write } from "./output.js";
import { pour } from "./pipe.js";
import { elementAt, type Session } from "./session.js";

/** Milliseconds: the server has to reach another one, which may take as long as it likes to. */
const JOINING = 30_000;

export async function join(session: Session): Promise<number> {
  const [path, address = ""] = session.words;
  const parsed = parseAddress(address);
  if (!parsed.ok) throw new Refusal(parsed.failure, 2);
  const { signal } = session;
  await (await elementAt(session, ["server"], path)).join(address, { signal, deadline: JOINING });
  return 0;
}

export async function profile(session: Session): Promise<number> {
  const { flags, signal } = session;
  const text = flags.text("seconds");
  const seconds = text === null ? undefined : Number(text);
  if (seconds !== undefined && !(seconds > 0)) throw new Refusal(`--seconds takes a number of seconds, not "${text ?? ""}"`, 2);
  const server = await elementAt(session, ["server"]);
  await pour(server.profile(flags.text("name") ?? "handles", { signal, ...(seconds === undefined ? {} : { seconds }) }), session);
  return 0;
}

export async function suicide(session: Session): Promise<number> {
  const { signal } = session;
  await (await elementAt(session, ["server"])).suicide({ signal });
  return 0;
}

export async function members(session: Session): Promise<number> {
  const { client, flags, signal, world } = session;
  if (flags.has("watch")) return watchMembers(session);
  const { members: seen, lost } = await client.members({ signal });
  await write(world.stdout, flags.has("json") ? `${goJson({ members: seen, lost })}\n` : table([...seen, ...lost]));
  return 0;
}

async function watchMembers({ client, flags, signal, world }: Session): Promise<number> {
  for await (const change of client.watch({ signal })) {
    const { event, member, reason } = change;
    const line = flags.has("json")
      ? JSON.stringify(change)
      : `${(reason === undefined ? event : `${event} (${reason})`).padEnd(14)} /${member.id}  ${shown(member.name)}  ${member.address}`;
    if (!(await write(world.stdout, `${line}\n`, signal))) break;
  }
  signal.throwIfAborted();
  return 0;
}

function table(all: readonly (SeenMember | Member)[]): string {
  const rows = all.map((member) => [
    `/${member.id}`,
    "state" in member ? member.state : "lost",
    shown(member.name),
    member.address,
    shown(
      Object.entries(member.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(","),
    ),
  ]);
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
