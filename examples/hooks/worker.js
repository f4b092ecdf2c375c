// Goes through work.txt and writes down how many lines are done; then it waits for more.
import { readFileSync, writeFileSync } from "node:fs";

const lines = readFileSync("work.txt", "utf8").split("\n").filter(Boolean);
lines.forEach((line, index) => writeFileSync("progress.txt", String(index + 1)));
setInterval(() => undefined, 60_000);
