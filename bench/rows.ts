/** All rows by name, in the order of the table. */
import type { Line } from "./table.js";
import { circuitChannel } from "./rows/circuit-channel.js";
import { circuitChurn } from "./rows/circuit-churn.js";
import { circuitLs } from "./rows/circuit-ls.js";
import { circuitStream } from "./rows/circuit-stream.js";
import { console } from "./rows/console.js";
import { deaths } from "./rows/deaths.js";
import { figures } from "./rows/figures.js";
import { fleets } from "./rows/fleets.js";
import { growth } from "./rows/growth.js";
import { idle } from "./rows/idle.js";
import { output } from "./rows/output.js";
import { circusctl } from "./rows/circusctl.js";
import { reload } from "./rows/reload.js";
import { requests } from "./rows/requests.js";
import { soak } from "./rows/soak.js";
import { starts } from "./rows/starts.js";
import { stats } from "./rows/stats.js";

export interface Row {
  readonly name: string;
  /** Takes minutes: only by name or with --all. */
  readonly slow: boolean;
  readonly run: () => Promise<readonly Line[]>;
}

export const ROWS: readonly Row[] = [
  { name: "starts", slow: false, run: starts },
  { name: "deaths", slow: false, run: deaths },
  { name: "idle", slow: false, run: idle },
  { name: "requests", slow: false, run: requests },
  { name: "stats", slow: false, run: stats },
  { name: "figures", slow: false, run: figures },
  { name: "circusctl", slow: false, run: circusctl },
  { name: "output", slow: false, run: output },
  { name: "reload", slow: false, run: reload },
  { name: "console", slow: false, run: console },
  { name: "circuit-channel", slow: false, run: circuitChannel },
  { name: "circuit-stream", slow: false, run: circuitStream },
  { name: "circuit-ls", slow: false, run: circuitLs },
  { name: "circuit-churn", slow: true, run: circuitChurn },
  { name: "fleets", slow: true, run: fleets },
  { name: "growth", slow: true, run: growth },
  { name: "soak", slow: true, run: soak },
];
