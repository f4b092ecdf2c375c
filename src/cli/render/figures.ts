/** Figures of processes, as `stats` and `dstats` print them. */
import { isObject } from "../../wire/codec.js";
import { optionText } from "../python.js";
import type { Cell } from "../terminal.js";

const KEYS = ["pid", "cmdline", "username", "nice", "mem_info1", "mem_info2", "cpu", "mem", "ctime"] as const;

const HEADER: readonly Cell[] = ["PID", "NAME", "USER", "NICE", "RSS", "VIRT", "CPU%", "MEM%", "TIME"].map((text, column) => ({
  text,
  colour: "bold",
  right: isNumeric(column),
}));

function isNumeric(column: number): boolean {
  return column === 0 || column > 2;
}

/** One line without indentation; a text where the process is gone. */
export function figuresLine(info: unknown): string {
  if (!isObject(info)) return String(info);
  const [pid, ...others] = KEYS.map((key) => optionText(key, info[key]));
  return `${pid ?? ""}  ${others.join(" ")}`;
}

/** Figures of the children that came with a process. */
export function childrenOf(info: unknown): readonly unknown[] {
  const children = isObject(info) ? info["children"] : [];
  return Array.isArray(children) ? children : [];
}

export function figuresHeader(): readonly Cell[] {
  return HEADER;
}

/** Cells for a person: a process, then its children one step in. */
export function figuresRows(info: unknown, depth = 0): readonly (readonly Cell[])[] {
  if (!isObject(info))
    return [
      [
        { text: "-", right: true },
        { text: String(info), colour: "yellow" },
      ],
    ];
  const cells = KEYS.map((key, column): Cell => {
    const text = optionText(key, info[key]);
    return { text: key === "cmdline" ? `${"  ".repeat(depth)}${text}` : text, right: isNumeric(column) };
  });
  return [cells, ...childrenOf(info).flatMap((child) => figuresRows(child, depth + 1))];
}
