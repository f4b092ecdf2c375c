#!/usr/bin/env node
import { circusdStats } from "../dist/src/main/circusd-stats.js";

await circusdStats(process.argv.slice(2));
