#!/usr/bin/env node
import { circushttpd } from "../dist/src/main/circushttpd.js";

await circushttpd(process.argv.slice(2));
