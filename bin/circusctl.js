#!/usr/bin/env node
import { circusctl } from "../dist/src/main/circusctl.js";

await circusctl(process.argv.slice(2));
