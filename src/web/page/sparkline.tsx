/** A line of the last figures, small enough for a row of a table. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Points that are drawn; the newest is at the right edge. */
const POINTS = 90;

export interface SparklineProps {
  readonly values: readonly (number | null)[];
  /** The name of a colour in the style sheet. */
  readonly colour: "cpu" | "memory" | "reads";
  /** What it shows, for who does not see it. */
  readonly label: string;
  /** What the top is at least, so that noise near nothing does not look like work. */
  readonly least?: number;
}

export function Sparkline({ values, colour, label, least = 1 }: SparklineProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current !== null) draw(canvas.current, values, least);
  }, [values, least]);
  return <canvas ref={canvas} class={`sparkline ${colour}`} role="img" aria-label={label} />;
}

function draw(canvas: HTMLCanvasElement, values: readonly (number | null)[], least: number): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (context === null || width === 0) return;
  const scale = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const known = values.slice(-POINTS).map((value) => value ?? 0);
  if (known.length < 2) return;
  const top = Math.max(least, ...known) * 1.1;
  const step = width / (POINTS - 1);
  const first = width - (known.length - 1) * step;
  const y = (value: number): number => height - 1 - (value / top) * (height - 2);
  // The colour of the text is the only one that a canvas can have from the style sheet.
  const { color } = getComputedStyle(canvas);
  context.beginPath();
  for (const [at, value] of known.entries()) context.lineTo(first + at * step, y(value));
  context.strokeStyle = color;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  context.stroke();
  context.lineTo(width, height);
  context.lineTo(first, height);
  context.globalAlpha = 0.14;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
}
