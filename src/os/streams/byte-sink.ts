/** A file or standard output as a sink: the weave in front, the pump behind. Channels that name the same file share one. */
import type { Pump } from "./pump.js";
import type { PumpContext } from "./pump.js";
import type { Account, Flow, Inlet, Origin, Sink } from "./sink.js";
import { type Frame, Weave } from "./weave.js";

export class ByteSink {
  readonly pump: Pump;
  readonly #weave: Weave;

  /** @param wholeLines tells whether the pump needs whole lines even from a single source */
  constructor(pump: Pump, context: PumpContext, wholeLines: () => boolean) {
    this.pump = pump;
    this.#weave = new Weave({ push: (bytes, origin) => pump.push(bytes, origin.account), wholeLines }, context.clock);
  }

  /** The sink as one channel sees it, with the channel's own frame around its lines. */
  framed(frame: Frame | null, release: (account: Account) => Promise<void>): Sink {
    const { pump } = this;
    const weave = this.#weave;
    return {
      get congested(): boolean {
        return pump.congested;
      },
      join: (origin: Origin): Inlet => weave.join(origin, frame),
      subscribe: (flow: Flow) => pump.subscribe(flow),
      unsubscribe: (flow: Flow) => pump.unsubscribe(flow),
      reopen: () => pump.target.reopen(),
      settled: () => pump.settled(),
      close: release,
    };
  }

  async close(account: Account): Promise<void> {
    this.#weave.close();
    await this.pump.close(account);
  }
}
