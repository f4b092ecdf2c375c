/** One input for many programs, at the pace of the slowest; who reads no more is left out. */

type Writer = WritableStreamDefaultWriter<Uint8Array | string>;

/** Goes on by itself, for as long as there is input and anybody reads it. */
export function spread(source: AsyncIterable<Uint8Array>, inputs: readonly Promise<Writer>[]): void {
  feed(source, inputs).catch(() => undefined);
}

async function feed(source: AsyncIterable<Uint8Array>, inputs: readonly Promise<Writer>[]): Promise<void> {
  const settled = await Promise.allSettled(inputs);
  const writers = new Set(settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
  const toAll = (act: (writer: Writer) => Promise<void>) =>
    Promise.all([...writers].map((writer) => act(writer).catch(() => writers.delete(writer))));
  for (const writer of writers) writer.closed.catch(() => undefined);
  for await (const chunk of source) {
    await toAll((writer) => writer.write(chunk));
    if (writers.size === 0) return;
  }
  await toAll((writer) => writer.close());
}
