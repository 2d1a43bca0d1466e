/** Shapes of marks as path texts: one path for each series, however many buckets. Pure. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

import { type Chart, extent } from "./prepare";

export interface Frame {
  width: number;
  height: number;
  left: number;
  top: number;
  bottom: number;
  right: number;
}

export interface Scales {
  y: (value: number) => number;
  yTicks: number[];
  /** Left edge of a bucket's band. */
  x: (index: number) => number;
  band: number;
}

export function scales(chart: Chart, frame: Frame, isStacked: boolean): Scales {
  const [low, high] = extent(chart, isStacked);
  const y = scaleLinear([low, high || (low < 0 ? 0 : 1)], [frame.height - frame.bottom, frame.top]).nice(4);
  const band = (frame.width - frame.left - frame.right) / Math.max(1, chart.buckets.length);
  return { y, yTicks: y.ticks(4), x: (index) => frame.left + index * band, band };
}

function rectangle(x: number, width: number, from: number, to: number): string {
  const r = (value: number) => Math.round(value * 100) / 100;
  return `M${r(x)},${r(from)}H${r(x + width)}V${r(to)}H${r(x)}Z`;
}

export interface Stack {
  /** One path for each series. */
  paths: string[];
  cap: string;
  /** Outline of the bucket that is still running. */
  running: string;
}

/** Parts above zero stack up, parts below zero stack down; the cap lies on top of all. */
export function stack(chart: Chart, { x, y, band }: Scales): Stack {
  const gap = band > 6 ? Math.min(4, band * 0.22) : band * 0.12;
  const ups = chart.buckets.map(() => 0);
  const downs = chart.buckets.map(() => 0);
  const all = chart.series.length ? chart.series : [chart.total];
  const paths = all.map((one) =>
    one.values.map((value, index) => {
      if (!value) return "";
      const base = value > 0 ? ups : downs;
      const from = base[index] ?? 0;
      base[index] = from + value;
      return rectangle(x(index) + gap / 2, band - gap, y(from), y(from + value));
    }).join(""),
  );
  const cap = chart.caps.map((value, index) => {
    const from = ups[index] ?? 0;
    return value > 0 ? rectangle(x(index) + gap / 2, band - gap, y(from), y(from + value)) : "";
  }).join("");
  const open = chart.buckets.findIndex((bucket) => bucket.partial);
  const running = open < 0 ? "" : rectangle(x(open) + gap / 2, band - gap, y(downs[open] ?? 0), y(ups[open] ?? 0));
  return { paths, cap, running };
}

export interface LinePath {
  solid: string;
  /** To the running bucket. */
  dashed: string;
  /** Points without neighbours, which no line would show. */
  dots: [number, number][];
}

export function linePaths(chart: Chart, { x, y, band }: Scales): LinePath[] {
  const last = chart.buckets.length - 1;
  const isRunning = chart.buckets[last]?.partial ?? false;
  return chart.series.map(({ values }) => {
    const points = values.map((value, index) => (value === null ? null : ([x(index) + band / 2, y(value)] as [number, number])));
    const draw = line<[number, number] | null>().defined((point) => point !== null).x((point) => point?.[0] ?? 0).y((point) => point?.[1] ?? 0);
    const settled = isRunning ? points.slice(0, last) : points;
    const tail = isRunning ? points.slice(Math.max(0, last - 1)) : [];
    const dots = points.filter((point, index): point is [number, number] => point !== null && !points[index - 1] && !points[index + 1]);
    return { solid: draw(settled) ?? "", dashed: tail.length === 2 && tail[0] && tail[1] ? draw(tail) ?? "" : "", dots };
  });
}

export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value) => value !== null);
  const y = scaleLinear([Math.min(0, ...known), Math.max(...known, 1e-12)], [height - 1.5, 1.5]);
  const step = width / Math.max(1, values.length - 1);
  const draw = line<number | null>().defined((value) => value !== null).x((_, index) => index * step).y((value) => y(value ?? 0));
  return draw([...values]) ?? "";
}
