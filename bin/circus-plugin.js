#!/usr/bin/env node
import { circusPlugin } from "../dist/src/main/circus-plugin.js";

await circusPlugin(process.argv.slice(2));
