/** Servers of a circuit that tell each other over multicast where they are. */
import type { Result } from "../result.js";
import type { WorkerId } from "./member.js";

export interface Announcement {
  /** `circuit://HOST:PORT/PID/Q…` */
  readonly address: string;
  readonly worker: WorkerId;
}

export interface AnnouncerHandler {
  /** What is announced, and answered to whoever asks. */
  own(): Announcement;
  /** Somebody with the same key has announced this; the own announcements are heard too. */
  heard(announcement: Announcement): void;
}

export interface Announcing {
  /** Tells it on every network device that there is now; the failure says why it went nowhere. */
  announce(): Promise<Result<void, string>>;
  close(): void;
}

export interface Announcer {
  /** The group, for the log: `udp://228.8.8.8:8822`. */
  readonly group: string;
  /** Listens from now on. Does not keep the program alive. The failure says why it cannot. */
  open(handler: AnnouncerHandler): Promise<Result<Announcing, string>>;
}
