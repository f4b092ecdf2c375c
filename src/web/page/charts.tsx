/** CPU and memory over the last ten minutes. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { History } from "../api.js";
import { formatBytes, formatPercent, formatTime } from "./model/format.js";
import { HISTORY_POINTS } from "./model/state.js";
import { useTheme } from "./theme.js";

/** Pixels; the width is that of the place. */
const HEIGHT = 150;
/** Below this many percent a processor is idle, and looks like it. */
const LEAST_CPU = 5;
const LEAST_MEMORY = 1024 * 1024;
/** Seconds that are shown while less is known. */
const LEAST_TIME = 120;
/** Round steps of an axis: of percents as people count, of bytes as machines do. */
const PERCENTS = [0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000];
const BYTES = Array.from({ length: 42 }, (_, power) => 2 ** power);

interface Kind {
  readonly title: string;
  readonly colour: "cpu" | "memory";
  readonly format: (value: number | null) => string;
  readonly least: number;
  readonly steps: readonly number[];
}

const CPU: Kind = { title: "CPU", colour: "cpu", format: formatPercent, least: LEAST_CPU, steps: PERCENTS };
const MEMORY: Kind = { title: "Memory", colour: "memory", format: formatBytes, least: LEAST_MEMORY, steps: BYTES };

export function Charts({ history }: { readonly history: History }): JSX.Element {
  return (
    <section class="charts" aria-label="Figures over the last ten minutes">
      <Chart kind={CPU} time={history.time} values={history.cpu} />
      <Chart kind={MEMORY} time={history.time} values={history.memory} />
    </section>
  );
}

interface ChartProps {
  readonly kind: Kind;
  readonly time: readonly number[];
  readonly values: readonly (number | null)[];
}

function Chart({ kind, time, values }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { shade } = useTheme();
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(kind, element, setCursor), dataOf(time, values), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The colours are the canvas's own: another shade asks for another chart.
  }, [kind, shade]);
  useEffect(() => plot.current?.setData(dataOf(time, values)), [time, values]);
  const shown = cursor === null ? values.length - 1 : Math.min(cursor, values.length - 1);
  const at = time[shown];
  return (
    <figure class={`chart ${kind.colour}`}>
      <figcaption>
        <span>{kind.title}</span>
        <b>{kind.format(values[shown] ?? null)}</b>
        <time>{cursor === null || at === undefined ? "" : formatTime(at)}</time>
      </figcaption>
      <div ref={place} role="img" aria-label={`${kind.title}: now ${kind.format(values.at(-1) ?? null)}`} />
    </figure>
  );
}

function dataOf(time: readonly number[], values: readonly (number | null)[]): uPlot.AlignedData {
  return [[...time], [...values]];
}

function optionsOf(kind: Kind, element: HTMLElement, tell: (index: number | null) => void): uPlot.Options {
  const style = getComputedStyle(element);
  const line = style.getPropertyValue(`--${kind.colour}`);
  const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
  const axis = { stroke: style.getPropertyValue("--muted"), font: "11px system-ui, sans-serif", grid, ticks: { show: false } };
  return {
    width: Math.max(100, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 22, 0, 0],
    cursor: { sync: { key: "charts" }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_, min, max) => [max - Math.min(HISTORY_POINTS, Math.max(LEAST_TIME, max - min)), max] },
      y: { range: (_, __, max) => [0, Math.max(kind.least, max * 1.15)] },
    },
    axes: [
      {
        ...axis,
        space: 90,
        size: 24,
        values: (...[_, splits, __, ___, step]) => splits.map((second) => formatTime(second).slice(0, step < 60 ? 8 : 5)),
      },
      { ...axis, space: 26, size: 58, incrs: [...kind.steps], values: (_, splits) => splits.map((value) => kind.format(value)) },
    ],
    series: [{}, { stroke: line, width: 1.5, fill: `${line.trim()}22`, points: { show: false }, spanGaps: false }],
    hooks: { setCursor: [(self) => tell(self.cursor.idx ?? null)] },
  };
}
