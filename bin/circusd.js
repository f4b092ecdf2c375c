#!/usr/bin/env node
import { circusd } from "../dist/src/main/circusd.js";

await circusd(process.argv.slice(2));
