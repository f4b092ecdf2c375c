/**
 * The contract of the circuit: every method with its parameters and its result, for both ends. A method without a
 * handler in the server does not compile, and the client is typed by it. What comes from outside is read by these schemas.
 *
 * Paths are lists of names without the server's: `["a", "b"]` for `/X…/a/b`; the server is named by `to` of the call.
 */
import * as v from "valibot";

/** Grows when something is changed so that older programs would misunderstand it. */
export const CIRCUIT_VERSION = 1;

const text = v.string();
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** It stands in logs, on terminals and in paths: nothing that moves a cursor, and no slash. */
const shown = v.pipe(v.string(), v.maxLength(255), v.regex(/^[^\p{C}/]+$/u));
const labels = v.pipe(
  v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._/-]{1,63}$/)), v.pipe(v.string(), v.maxLength(255), v.regex(/^[^\p{C}]*$/u))),
  v.check((all) => Object.keys(all).length <= 64),
);

/** A name in a path: anything but the empty word, `.`, `..`, `...` and what holds a slash or a NUL; up to 255 bytes. */
export const anchorName = v.pipe(
  v.string(),
  v.nonEmpty("an anchor's name is empty"),
  v.maxLength(255, "an anchor's name is longer than 255"),
  v.check((name) => !name.includes("/") && !name.includes("\0"), "an anchor's name holds a slash or NUL"),
  v.check((name) => ![".", "..", "..."].includes(name), 'an anchor cannot be called ".", ".." or "..."'),
);
const path = v.pipe(v.array(anchorName), v.maxLength(64, "the path is deeper than 64"));
/** Of an element: given, the call fails with `no-such-element` where another has taken its place. */
const at = { path, element: v.optional(text) };

export const memberSchema = v.object({
  id: v.pipe(text, v.regex(/^X[0-9a-f]{16}$/)),
  worker: v.pipe(text, v.regex(/^Q[0-9a-f]{16}$/)),
  address: v.pipe(text, v.maxLength(300), v.regex(/^circuit:\/\/[\x21-\x7e]+$/)),
  name: shown,
  labels,
  version: shown,
  started: v.number(),
  revision: count,
  circusd: v.boolean(),
});

/** A member as a server sees it. */
const seenSchema = v.object({ ...memberSchema.entries, state: v.picklist(["alive", "slow"]), joined: v.number() });

export const ELEMENT_KINDS = ["server", "process", "container", "channel", "nameserver", "@join", "@leave", "watcher"] as const;
export type ElementKind = (typeof ELEMENT_KINDS)[number];

/** A command to run; field names are Circuit's. */
export const commandSchema = v.object({
  /** `K=V` each; empty or null inherits the server's environment, anything else replaces it wholly. */
  Env: v.optional(v.nullable(v.array(text))),
  /** Working directory; empty is the server's. */
  Dir: v.optional(v.nullable(text)),
  /** Of the program, absolute or relative to Dir; a name without a slash is looked for in PATH (added). */
  Path: v.pipe(text, v.trim(), v.nonEmpty("Path is empty: give the program to run")),
  /** Without the program's own name. */
  Args: v.optional(v.nullable(v.array(text))),
  /** Remove the element when the process ends. */
  Scrub: v.optional(v.boolean()),
  /** Bytes of each of stdout and stderr that are kept for readers (added). @default 1 MiB */
  Buffer: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(4096), v.maxValue(1024 ** 3))),
  /** What happens when they are full and nobody reads: the oldest bytes are dropped and counted, or the process waits (added). @default "drop" */
  Overflow: v.optional(v.picklist(["drop", "block"])),
});
export type Command = v.InferOutput<typeof commandSchema>;

/** A container to run; field names are Circuit's, each an option of `docker run`. */
export const containerSchema = v.object({
  Image: v.pipe(text, v.nonEmpty("Image is empty: give the image to run")),
  Memory: v.optional(count),
  CpuShares: v.optional(count),
  /** Old LXC settings, which no Docker knows any more: refused unless empty. */
  Lxc: v.optional(v.nullable(v.array(text))),
  Volume: v.optional(v.nullable(v.array(text))),
  Dir: v.optional(text),
  Entry: v.optional(text),
  Env: v.optional(v.nullable(v.array(text))),
  Path: v.optional(text),
  Args: v.optional(v.nullable(v.array(text))),
  Scrub: v.optional(v.boolean()),
});
export type ContainerRun = v.InferOutput<typeof containerSchema>;

/** Why a process is not running any more. */
const exitSchema = v.object({
  /** The exit code; 128 and the signal's number where a signal ended it, as a shell has it. */
  Code: v.number(),
  /** `TERM`; null where it left by itself. */
  Signal: v.nullable(text),
  /** In Circuit's words: `exit status 3`, `signal: terminated`. */
  Body: text,
});

export const PHASES = ["running", "stopped", "continued", "exited", "signaled", "unknown"] as const;

/** What `peek` and `wait` tell of a process; names are Circuit's, with more of them. */
export const processStatSchema = v.object({
  Cmd: commandSchema,
  /** Null while it runs; also after exit code 0, as in Circuit, so look at Phase and ExitCode. */
  Exit: v.nullable(exitSchema),
  Phase: v.picklist(PHASES),
  Pid: v.nullable(v.number()),
  /** As in Exit; null while it runs. */
  ExitCode: v.nullable(v.number()),
  /** Seconds since the epoch. */
  Started: v.number(),
  Ended: v.nullable(v.number()),
  /** Bytes kept for readers, taken by them, and dropped, of each stream. */
  Stdout: v.object({ Kept: v.number(), Taken: v.number(), Dropped: v.number(), Ended: v.boolean() }),
  Stderr: v.object({ Kept: v.number(), Taken: v.number(), Dropped: v.number(), Ended: v.boolean() }),
});
export type ProcessStat = v.InferOutput<typeof processStatSchema>;

export const channelStatSchema = v.object({
  Cap: v.number(),
  Closed: v.boolean(),
  /** Always false: an aborted channel is not there any more. */
  Aborted: v.boolean(),
  /** Messages that were sent and received so far. */
  NumSend: v.number(),
  NumRecv: v.number(),
  /** Messages and bytes that wait for a receiver; senders and receivers that wait (added). */
  Buffered: v.number(),
  Bytes: v.number(),
  Senders: v.number(),
  Receivers: v.number(),
});
export const nameserverStatSchema = v.object({ Address: text, Records: v.record(text, v.array(text)) });
export const subscriptionStatSchema = v.object({
  Source: v.picklist(["join", "leave"]),
  Pending: v.number(),
  Closed: v.boolean(),
  /** Events that found no room because nobody took them (added). */
  Dropped: v.number(),
});
export const serverStatSchema = v.object({
  Addr: text,
  /** When it started, in RFC 3339. */
  Joined: text,
  Id: text,
  Name: text,
  Version: text,
  Labels: labels,
  Engine: text,
  Node: text,
  Pid: v.number(),
  /** Of the process, in bytes and in seconds of processor time. */
  Rss: v.number(),
  Cpu: v.number(),
  Host: v.object({
    Hostname: text,
    Os: text,
    Arch: text,
    Cpus: v.number(),
    Memory: v.number(),
    Free: v.number(),
    Load: v.array(v.number()),
    Uptime: v.number(),
  }),
  Elements: v.number(),
  Members: v.number(),
});

const nothing = v.object({});
const made = v.object({ element: text });

/** One anchor of a listing; `kind` is null where it holds no element. */
const entrySchema = v.object({ path: v.array(text), kind: v.nullable(v.picklist(ELEMENT_KINDS)) });

/**
 * Methods by name. What streams is told in the comments: "up" is data from the opener, "down" to it.
 */
export const METHODS = {
  /** The first call on every link, from the side that dialled. `expects` is the program that the address named. */
  hello: {
    params: v.object({
      version: v.number(),
      role: v.picklist(["server", "client"]),
      member: v.nullable(memberSchema),
      expects: v.nullable(v.object({ pid: v.number(), worker: text })),
    }),
    result: v.object({ version: v.number(), member: memberSchema }),
  },
  /** Round trip to the server itself. */
  ping: { params: nothing, result: nothing },

  // The circuit
  members: { params: nothing, result: v.object({ members: v.array(seenSchema), lost: v.array(memberSchema) }) },
  /** Down: a value `{ event: "join" | "leave" | "update", member, reason? }` for each change, beginning with a join for everybody who is there. */
  "members.watch": { params: nothing, result: nothing },
  /** Merges the circuits of this server and of that address. */
  join: { params: v.object({ address: text }), result: v.object({ member: memberSchema }) },
  /** Between servers of engine mesh. */
  "mesh.join": { params: v.object({ member: memberSchema }), result: v.object({ members: v.array(memberSchema) }) },
  "mesh.announce": { params: v.object({ members: v.array(memberSchema) }), result: nothing },
  "mesh.leave": { params: v.object({ worker: text }), result: nothing },
  "mesh.sync": { params: v.object({ digest: text }), result: v.object({ members: v.nullable(v.array(memberSchema)) }) },
  /** Between servers of engine serf: `HOST:PORT` where the agent of this one lets others join. */
  "serf.address": { params: nothing, result: v.object({ address: text }) },

  // Anchors
  /** The anchors below a path, in order of their paths; `depth` levels of them, null for all. */
  list: { params: v.object({ path, depth: v.nullable(count) }), result: v.object({ entries: v.array(entrySchema) }) },
  /** `kind` is null, and the others too, where the anchor holds no element. */
  peek: {
    params: v.object(at),
    result: v.object({ kind: v.nullable(v.picklist(ELEMENT_KINDS)), element: v.nullable(text), stat: v.unknown() }),
  },
  /** Removes the element, and the anchors that are empty then. `kill` ends the tree of a running process first. `existed` is false where there was none. */
  scrub: { params: v.object({ ...at, kill: v.optional(v.boolean()) }), result: v.object({ existed: v.boolean() }) },

  // Elements are made with the anchors on the way to them
  "make.process": { params: v.object({ path, command: commandSchema }), result: v.object({ element: text, pid: v.number() }) },
  "make.container": { params: v.object({ path, run: containerSchema }), result: made },
  "make.channel": { params: v.object({ path, capacity: v.pipe(count, v.maxValue(1_000_000)) }), result: made },
  "make.nameserver": { params: v.object({ path, address: text }), result: v.object({ element: text, address: text }) },
  "make.subscription": { params: v.object({ path, event: v.picklist(["join", "leave"]) }), result: made },

  // Processes and containers
  /** Returns when the process has ended, whatever becomes of its streams. */
  wait: { params: v.object(at), result: v.object({ stat: v.unknown() }) },
  /** `TERM`, `SIGTERM`, `term` or a number. */
  signal: { params: v.object({ ...at, signal: v.union([text, v.number()]) }), result: nothing },
  /** Up: bytes for its stdin, which is closed when the opener ends, unless `keep`. Credit comes back as the process takes them. */
  stdin: { params: v.object({ ...at, keep: v.optional(v.boolean()) }), result: nothing },
  /**
   * Down: bytes of a stream, from the first one that nobody has taken. What is credited back is taken; what is not stays for
   * the next reader. One reader at a time (`busy`), unless `copy`: that one takes nothing and begins with the oldest bytes kept.
   * A value `{ dropped: n }` stands where n bytes were dropped. `follow: false` ends with what is there.
   */
  output: {
    params: v.object({ ...at, stream: v.picklist(["stdout", "stderr"]), copy: v.optional(v.boolean()), follow: v.optional(v.boolean()) }),
    result: nothing,
  },

  // Channels and subscriptions
  /** Up: one message. The result comes when it is in the buffer, or was acknowledged by a receiver. */
  send: { params: v.object(at), result: nothing },
  /**
   * Down: one message, or the path of one event. The opener ends its side to acknowledge it, after the end of the data; until then
   * it is not gone, and a receiver that goes away leaves it to the next.
   */
  recv: { params: v.object(at), result: nothing },
  /** Up: many messages, each a part or more, the last with the value `{ last: true }`. Down: `{ taken: n }`, how many so far are safe. */
  "send.many": { params: v.object(at), result: nothing },
  /** Down: messages as in `send.many`, as many unacknowledged as `ahead` at once. Up: `{ done: n }` acknowledges the first n. Ends when the channel is closed and empty. */
  "recv.many": { params: v.object({ ...at, ahead: v.pipe(count, v.minValue(1), v.maxValue(10_000)) }), result: nothing },
  close: { params: v.object(at), result: nothing },

  // Name servers
  set: { params: v.object({ ...at, record: text }), result: nothing },
  unset: { params: v.object({ ...at, name: text }), result: v.object({ removed: count }) },

  // The server itself
  /** Down: the text of a profile: `cpu` over so many seconds, `heap`, `memory`, `handles`. */
  profile: { params: v.object({ name: text, seconds: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(300))) }), result: nothing },
  /** The result comes first, then the server leaves the circuit and ends. */
  suicide: { params: nothing, result: nothing },

  // The Circus behind it
  /** Sends a command to the circusd of that server and returns its reply, an error reply too. */
  circus: {
    params: v.object({ command: text, properties: v.record(text, v.unknown()), timeout: v.optional(v.number()) }),
    result: v.object({ reply: v.record(text, v.unknown()) }),
  },
  /** Down: a value `{ topic, body }` for each event of its circusd whose topic begins with one of these. */
  "circus.events": { params: v.object({ topics: v.array(text) }), result: nothing },
} as const;

export type Methods = typeof METHODS;
export type MethodName = keyof Methods;
/** As a caller writes them. */
export type Params<M extends MethodName> = v.InferInput<Methods[M]["params"]>;
/** As a handler reads them. */
export type ReadParams<M extends MethodName> = v.InferOutput<Methods[M]["params"]>;
export type MethodResult<M extends MethodName> = v.InferOutput<Methods[M]["result"]>;

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name);
}
