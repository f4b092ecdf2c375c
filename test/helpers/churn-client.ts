/** A client in a churn: it does what clients do, in an order of chance, and checks what it is told. */
import { CircuitError, dial, type CircuitClient, type Process } from "../../src/main/library/circuit.js";
import { CAPACITY, CHANNEL, type ChurnServer } from "./churn-server.js";

/** Milliseconds for a call: a server may hang for longer. */
const DEADLINE = { deadline: 2000 };
/** And for one that finds no message. */
const SHORT = { deadline: 300 };

/** The way to the server may break, and then nobody knows what became of a call; nor the server, at first, of a reader. */
const EXPECTED: ReadonlySet<string> = new Set(["lost", "deadline", "no-such-server", "aborted", "refused", "busy"]);

/** Bytes of messages: most are short, some take several packets, and few are too large to be kept. */
const SIZES = [0, 20, 200, 2000, 20, 200, 2000, 20, 200, 300_000, 1_500_000] as const;

export interface ClientContext {
  readonly addresses: readonly string[];
  readonly random: () => number;
  /** Servers that run, some of which hang. */
  readonly servers: () => readonly ChurnServer[];
  readonly fault: (what: string) => void;
  /** Told of the pid of everything that it starts. */
  readonly started: (pid: number) => void;
}

type Deed = "send" | "receive" | "give back" | "make" | "scrub" | "read";

const DEEDS: readonly Deed[] = ["send", "send", "send", "receive", "receive", "receive", "give back", "make", "scrub", "read"];

export class ChurnClient {
  readonly #name: string;
  readonly #client: CircuitClient;
  readonly #context: ClientContext;
  readonly done = new Map<Deed, number>();
  #made = 0;

  private constructor(name: string, client: CircuitClient, context: ClientContext) {
    this.#name = name;
    this.#client = client;
    this.#context = context;
  }

  static async dial(name: string, context: ClientContext): Promise<ChurnClient> {
    return new ChurnClient(name, await dial(context.addresses), context);
  }

  /** A new server has its channel before anybody uses it. */
  async furnish(server: ChurnServer): Promise<void> {
    await this.#anchor(server, CHANNEL).makeChan(CAPACITY);
  }

  async work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const server = pick(this.#context.servers(), this.#context.random);
      const deed = pick(DEEDS, this.#context.random);
      if (server === null || deed === null) continue;
      try {
        await this.#do(deed, server);
        this.done.set(deed, (this.done.get(deed) ?? 0) + 1);
      } catch (cause) {
        if (!(cause instanceof CircuitError) || !EXPECTED.has(cause.code)) this.#context.fault(`${this.#name}, ${deed}: ${String(cause)}`);
      }
    }
  }

  /** Empties the channel of a server that nobody uses any more, and looks what else stands there. @returns what is wrong */
  async settle(server: ChurnServer): Promise<readonly string[]> {
    const anchor = this.#client.walk([server.id]);
    const entries = await anchor.list({ depth: null });
    const faults = server.compare(entries.filter(({ kind }) => kind === "process").map(({ path }) => path));
    const channel = await anchor.walk(CHANNEL).get();
    if (channel?.kind !== "channel") return [...faults, `${server.program.name}: the channel is not there any more`];
    await channel.close();
    try {
      for (;;) await this.#take(server, { acknowledges: true, deadline: 10_000 });
    } catch (cause) {
      if (!(cause instanceof CircuitError) || cause.code !== "closed") throw cause;
    }
    return [...faults, ...server.ledger.settle()];
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #do(deed: Deed, server: ChurnServer): Promise<void> {
    switch (deed) {
      case "send":
        return this.#send(server);
      case "receive":
        return this.#take(server, { acknowledges: true, ...SHORT });
      case "give back":
        return this.#take(server, { acknowledges: false, ...SHORT });
      case "make":
        return this.#make(server);
      case "scrub":
        return this.#scrub(server);
      case "read":
        return this.#read(server);
    }
  }

  async #send({ id, ledger }: ChurnServer): Promise<void> {
    const { number, body } = ledger.write(pick(SIZES, this.#context.random) ?? 0);
    const channel = await this.#channel(id);
    await channel.send(body, DEADLINE);
    ledger.safe(number);
  }

  async #take({ id, ledger }: ChurnServer, { acknowledges, deadline }: { acknowledges: boolean; deadline: number }): Promise<void> {
    const channel = await this.#channel(id);
    const asking = ledger.asks();
    await using message = await channel.receive({ manual: true, deadline });
    const number = ledger.received(await message.bytes(), asking);
    if (number === null || !acknowledges) return;
    ledger.doubtful(number);
    await message.acknowledge();
    ledger.acknowledged(number);
  }

  async #make(server: ChurnServer): Promise<void> {
    // It ends when its server does, since that has the other end of its standard input.
    await this.#start(server, { Path: "cat" });
  }

  async #scrub(server: ChurnServer): Promise<void> {
    const mine = [...server.processes].filter(([name, presence]) => presence === "there" && name.startsWith(`${this.#name}/`));
    const name = pick(mine, this.#context.random)?.[0];
    if (name !== undefined) await this.#remove(server, name);
  }

  /** Two readers, one after the other, have all that the process has written, each byte once. */
  async #read(server: ChurnServer): Promise<void> {
    const last = 1000 + Math.floor(this.#context.random() * 100_000);
    const { process, name } = await this.#start(server, { Path: "seq", Args: [String(last)] });
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdout(DEADLINE)) {
      chunks.push(chunk);
      if (this.#context.random() < 0.2) break;
    }
    for await (const chunk of process.stdout(DEADLINE)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const lines = text.split("\n");
    if (lines.length !== last + 1 || lines.at(-2) !== String(last))
      this.#context.fault(`${name}: ${lines.length - 1} lines came of ${last}`);
    const { ExitCode } = await process.wait(DEADLINE);
    if (ExitCode !== 0) this.#context.fault(`${name}: exit code ${ExitCode ?? "of no"} in place of 0`);
    await this.#remove(server, name);
  }

  async #start(server: ChurnServer, command: { Path: string; Args?: string[] }): Promise<{ process: Process; name: string }> {
    const name = `${this.#name}/${(this.#made += 1)}`;
    server.processes.set(name, "perhaps");
    const process = await this.#anchor(server, name.split("/")).makeProc(command, DEADLINE);
    server.processes.set(name, "there");
    const { Pid } = await process.peek(DEADLINE);
    if (Pid !== null) this.#context.started(Pid);
    return { process, name };
  }

  async #remove(server: ChurnServer, name: string): Promise<void> {
    server.processes.set(name, "perhaps");
    const existed = await this.#anchor(server, name.split("/")).scrub({ kill: true, ...DEADLINE });
    server.processes.delete(name);
    if (!existed) this.#context.fault(`${server.program.name}: there was no process ${name} to scrub`);
  }

  #anchor({ id }: ChurnServer, names: readonly string[]) {
    return this.#client.walk([id, ...names]);
  }

  async #channel(id: string) {
    const element = await this.#client.walk([id, ...CHANNEL]).get(DEADLINE);
    if (element?.kind !== "channel") throw new Error(`there is no channel on ${id}`);
    return element;
  }
}

export function pick<T>(list: readonly T[], random: () => number): T | null {
  return list[Math.floor(random() * list.length)] ?? null;
}
