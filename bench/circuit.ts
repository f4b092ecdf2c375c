/** A circuit that is measured: its servers, and clients that are programs of their own. All are gone afterwards. */
import { CircuitProgram } from "../test/helpers/circuit-program.js";
import { tempDir, type TempDir } from "../test/helpers/temp.js";
import { runProgram } from "./program.js";
import { median, until } from "./samples.js";

export interface CircuitOptions {
  /** @default 1 */
  readonly servers?: number;
  /** With a key, so that everything is encrypted. @default false */
  readonly key?: boolean;
}

/** What a client has measured, in the middle of its rounds. */
export interface ClientFigures {
  /** Pieces a second. */
  readonly rate: number;
  /** Microseconds of processor time for each. */
  readonly server: number;
  readonly client: number;
}

export class Circuit implements AsyncDisposable {
  readonly dir: TempDir;
  readonly servers: readonly CircuitProgram[];
  readonly #key: string | null;

  private constructor(dir: TempDir, servers: readonly CircuitProgram[], key: string | null) {
    this.dir = dir;
    this.servers = servers;
    this.#key = key;
  }

  /** Starts servers that see each other. */
  static async start({ servers: count = 1, key: isSecret = false }: CircuitOptions = {}): Promise<Circuit> {
    const dir = await tempDir();
    const key = isSecret ? await dir.write("key", `${Buffer.alloc(64, process.pid).toString("base64")}\n`, 0o600) : null;
    const servers: CircuitProgram[] = [];
    for (let number = 1; number <= count; number += 1) {
      const flags = [...servers.flatMap(({ address }) => ["-j", address]), ...(key === null ? [] : ["--hmac", key])];
      servers.push(await CircuitProgram.start({ name: `s${number}`, dir: dir.path, flags }));
    }
    const ids = servers.map(({ id }) => id);
    await until(() => servers.every((server) => server.sees(ids)), "servers that see each other");
    return new Circuit(dir, servers, key);
  }

  /** The last server. */
  get last(): CircuitProgram {
    const server = this.servers.at(-1);
    if (server === undefined) throw new Error("there is no server");
    return server;
  }

  /** Has a client do something with the last server. @param deed as in `programs/circuit-client.ts` */
  async measure(deed: "channel" | "stream"): Promise<ClientFigures> {
    const { address, pid } = this.last;
    const figures = await runProgram("circuit-client", deed, address, String(pid), ...(this.#key === null ? [] : [this.#key]));
    const [rate, server, client] = ["rates", "server", "client"].map((name) => median(figures.numbers(name)));
    return { rate: rate ?? Number.NaN, server: server ?? Number.NaN, client: client ?? Number.NaN };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
    await this.dir[Symbol.asyncDispose]();
  }
}
