// @ts-check
import { build, inOrder, install } from "./steps.js";

await inOrder(install, build);
