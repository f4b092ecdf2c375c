/** Elements by their kinds. It is loaded with the first element: a listing needs none. */
import type { Seat } from "../place.js";
import { Channel } from "./channel.js";
import { Container } from "./container.js";
import { Nameserver } from "./nameserver.js";
import { Process } from "./process.js";
import { Server } from "./server.js";
import { Subscription } from "./subscription.js";
import { Watcher } from "./watcher.js";

export const MAKE = {
  server: (seat: Seat) => new Server(seat),
  process: (seat: Seat) => new Process(seat),
  container: (seat: Seat) => new Container(seat),
  channel: (seat: Seat) => new Channel(seat),
  nameserver: (seat: Seat) => new Nameserver(seat),
  "@join": (seat: Seat) => new Subscription("@join", seat),
  "@leave": (seat: Seat) => new Subscription("@leave", seat),
  watcher: (seat: Seat) => new Watcher(seat),
} as const;
