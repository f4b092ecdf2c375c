#!/usr/bin/env node
import { circuit } from "../dist/src/main/circuit.js";

await circuit(process.argv.slice(2));
