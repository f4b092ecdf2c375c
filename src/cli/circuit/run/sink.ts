/** Where the output of a program goes: as it is, or line by line with the name of its server before each. */
import { complain } from "../failure.js";
import { write } from "../output.js";
import type { CircuitWorld } from "../world.js";

export type SinkStream = "stdout" | "stderr";

export interface Sink {
  /** @returns whether anybody still reads */
  write(stream: SinkStream, bytes: Uint8Array): Promise<boolean>;
  /** There is no more. */
  end(stream: SinkStream): Promise<void>;
  /** What went wrong, for the user. */
  complain(message: string): void;
}

type Outputs = Pick<CircuitWorld, "stdout" | "stderr">;

export function rawSink(outputs: Outputs): Sink {
  return {
    write: (stream, bytes) => write(outputs[stream], bytes),
    end: async () => undefined,
    complain: (message) => complain(message, outputs.stderr),
  };
}

/** Bytes of a line that are kept back for its end; a longer one is broken. */
const LONGEST = 64 * 1024;

const LINE_END = 0x0a;

/** Lines of several programs may alternate, but none is torn. */
export function prefixedSink(outputs: Outputs, prefix: string): Sink {
  const begun = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const dress = (line: Buffer): Buffer => Buffer.concat([Buffer.from(prefix), line]);
  return {
    async write(stream, bytes) {
      const all = Buffer.concat([begun[stream], bytes]);
      const lines: Buffer[] = [];
      let from = 0;
      for (let at = all.indexOf(LINE_END); at !== -1; at = all.indexOf(LINE_END, from)) {
        lines.push(dress(all.subarray(from, at + 1)));
        from = at + 1;
      }
      begun[stream] = all.subarray(from);
      if (begun[stream].length > LONGEST) lines.push(dress(Buffer.concat([begun[stream].subarray(), Buffer.from("\n")])));
      if (begun[stream].length > LONGEST) begun[stream] = Buffer.alloc(0);
      return lines.length === 0 || write(outputs[stream], Buffer.concat(lines));
    },
    async end(stream) {
      const last = begun[stream];
      begun[stream] = Buffer.alloc(0);
      if (last.length > 0) await write(outputs[stream], dress(Buffer.concat([last, Buffer.from("\n")])));
    },
    complain: (message) => complain(`${prefix}${message}`, outputs.stderr),
  };
}
