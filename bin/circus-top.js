#!/usr/bin/env node
import { circusTop } from "../dist/src/main/circus-top.js";

await circusTop(process.argv.slice(2));
