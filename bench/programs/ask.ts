/** Asks one question after the other. Arguments: endpoint, the question, when to begin (milliseconds since the epoch), for how long. */
import { Dealer } from "zeromq";

const [endpoint = "", question = "", begin = "0", duration = "0"] = process.argv.slice(2);
const dealer = new Dealer({ linger: 0 });
dealer.connect(endpoint);

async function ask(): Promise<void> {
  await dealer.send(question);
  await dealer.receive();
}

// What is asked before the beginning warms up both sides.
while (Date.now() < Number(begin)) await ask();
const milliseconds: number[] = [];
const end = performance.now() + Number(duration);
for (let now = performance.now(); now < end;) {
  await ask();
  const after = performance.now();
  milliseconds.push(after - now);
  now = after;
}
dealer.close();
console.log(JSON.stringify({ milliseconds }));
