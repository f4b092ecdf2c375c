// Says what stands in its file, and says it again after SIGHUP.
import { readFileSync } from "node:fs";

const [file] = process.argv.slice(2);

function greet() {
  console.log(`${process.pid}: ${readFileSync(file, "utf8").trim()}`);
}

process.on("SIGHUP", greet);
greet();
setInterval(() => undefined, 60_000);
