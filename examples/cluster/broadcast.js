/**
 * An ordered broadcast: everybody hears everything, and everybody in the same order, whoever has said it and wherever they are.
 *
 *     node broadcast.js order  ADDRESS PATH          gives the messages their order; one for each PATH, /SERVER/NAME
 *     node broadcast.js listen ADDRESS PATH NAME     prints what is said
 *     node broadcast.js say    ADDRESS PATH TEXT…    says something
 *
 * What is said goes into one channel. From there it is sent, one message after the other, to a channel of each listener.
 */
import { CircuitError, dial } from "circusd/circuit";

const [role = "", address = "", path = "", ...words] = process.argv.slice(2);
const client = await dial(address);
const place = await client.locate(path);
const inbox = place.walk("inbox");
const listeners = place.walk("listeners");

switch (role) {
  case "order":
    await giveOrder();
    break;
  case "listen":
    await listen(words[0] ?? "");
    break;
  case "say":
    await (await channelAt(inbox)).send(words.join(" "));
    break;
  default:
    console.error("usage: node broadcast.js order|listen|say ADDRESS PATH [NAME | TEXT…]");
    process.exitCode = 2;
}
await client.close();

async function giveOrder() {
  const channel = (await inbox.get().catch(notThere)) ?? (await inbox.makeChan(100));
  console.log(`broadcast: gives order at ${place.path}`);
  // A message is out of the inbox when the next one is asked for: should this program die, its successor repeats at most one.
  for await (const message of channel) {
    const text = await message.text();
    const heard = await Promise.allSettled([...(await present())].map(async ([, anchor]) => (await channelAt(anchor)).send(text)));
    console.log(`broadcast: "${text}" to ${heard.filter(({ status }) => status === "fulfilled").length}`);
  }
}

async function listen(name) {
  const channel = await listeners.walk([name]).makeChan(1000);
  console.log(`broadcast: ${name} listens`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => channel.scrub());
  try {
    for await (const message of channel) console.log(`${name} hears: ${await message.text()}`);
  } catch (error) {
    if (!(error instanceof CircuitError) || error.code !== "scrubbed") throw error;
  }
}

/** The listeners that there are now. */
async function present() {
  return (await listeners.view().catch(notThere)) ?? new Map();
}

async function channelAt(anchor) {
  const element = await anchor.get();
  if (element?.kind !== "channel") throw new Error(`${anchor.path} is no channel`);
  return element;
}

/** An anchor is there as long as something stands on it, or below it. */
function notThere(error) {
  if (error instanceof CircuitError && error.code === "no-such-anchor") return null;
  throw error;
}
