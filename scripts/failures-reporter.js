// @ts-check
/**
 * A reporter for node:test: one line for each test that failed, with its file.
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
export default async function* failures(events) {
  for await (const { type, data } of events) {
    // A file that holds a failed test fails too; the test itself is what is worth a line.
    if (type !== "test:fail" || data.details?.error?.failureType === "subtestsFailed") continue;
    yield `${data.file ?? "?"}: ${data.name}\n`;
  }
}
