/** Lines of output as `tail` shows them: who wrote them, when, and their bytes as they are. */
import { encodeJson } from "../wire/codec.js";
import type { TailLine } from "../wire/contract.js";
import type { Colour, Style } from "./terminal.js";

/** For the names of watchers; red is for standard error. */
const COLOURS: readonly Colour[] = ["cyan", "yellow", "green", "blue"];

const LINE_END = Buffer.from("\n");

export interface Dress {
  readonly style: Style;
  readonly json: boolean;
  readonly timestamps: boolean;
  /** Whether each line says who wrote it. */
  readonly prefixed: boolean;
}

/** One line with its end. @param colour of the watcher, counted from 0 */
export function dressLine(line: TailLine, from: { readonly name: string; readonly colour: number }, dress: Dress): Buffer {
  if (dress.json) return Buffer.from(`${encodeJson({ watcher: from.name, ...line })}\n`);
  const { paint } = dress.style;
  const colour = COLOURS[from.colour % COLOURS.length] ?? "cyan";
  const prefix = dress.prefixed ? `${paint(colour, `${from.name}/${line.pid} |`)} ` : "";
  const stamp = dress.timestamps ? `${paint("dim", localTime(line.time))} ` : "";
  const cut = line.cut === true ? "…" : "";
  if (line.base64 !== undefined) return Buffer.concat([Buffer.from(prefix + stamp + cut), Buffer.from(line.base64, "base64"), LINE_END]);
  const text = cut + (line.text ?? "");
  return Buffer.from(`${prefix}${stamp}${line.stream === "stderr" ? paint("red", text) : text}\n`);
}

/**
 * A time of this host's clock with its distance from UTC: `2026-11-21T16:19:20.544+01:00`.
 * @param seconds since the epoch
 */
export function localTime(seconds: number): string {
  const date = new Date(Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime())) return String(seconds);
  const ahead = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + ahead * 60_000).toISOString().slice(0, -1);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${shifted}${ahead < 0 ? "-" : "+"}${two(Math.abs(ahead) / 60)}:${two(Math.abs(ahead) % 60)}`;
}
