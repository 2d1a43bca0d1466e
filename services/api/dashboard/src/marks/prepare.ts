/**
 * One pure step between answers and marks: order, colours, gaps, pending caps, labels and words.
 * Renderers draw what stands here and decide nothing.
 */
import type { Answer, Bucket, Group, Sums, Value, Where } from "~/api/types";
import { type Measure, measure, show, showExact } from "~/format/measures";
import { type Step, bucketLabel, stepOf, tickLabel, wall } from "~/format/time";

export interface Colour {
  /** 0 to 6 is a hue of the palette; Other is grey with dots, "no value" plain grey. */
  slot: number | "other" | "none" | "pending";
  /** 0 plain, 1 stripes, 2 dots: tells members of one hue apart. */
  texture: 0 | 1 | 2;
}

export interface Series {
  key: string;
  label: string;
  colour: Colour;
  /** For geometry only; what is shown is made from `exact`. */
  values: (number | null)[];
  exact: Value[];
  total: Value;
  pending: number[];
  /** The rows behind this series. */
  where: Where[];
  measure: Measure;
}

export interface Slot {
  start: string;
  end: string;
  partial: boolean;
  label: string;
  tick: string;
}

export interface Chart {
  measure: Measure;
  currency: string;
  step: Step;
  buckets: Slot[];
  series: Series[];
  total: Series;
  /** Estimated money of what is pending, in each bucket: drawn hatched, outside every total. */
  caps: number[];
  sentence: string;
}

export const MISSING = "(none)";
const HUES = 7;

export function labelOf(value: string | null | undefined): string {
  return value === null || value === undefined || value === "" ? MISSING : value;
}

function number(value: Value | undefined, isAdditive: boolean): number | null {
  if (value === null || value === undefined) return isAdditive ? 0 : null;
  return Number(value);
}

function slots(buckets: readonly Bucket[]): { step: Step; buckets: Slot[] } {
  const middle = buckets[Math.floor(buckets.length / 2)];
  const step = middle ? stepOf(middle.start, middle.end) : "day";
  const named = buckets.map((one) => ({
    ...one,
    label: bucketLabel(one.start, step) + (one.partial ? " (so far)" : ""),
    tick: tickLabel(one.start, step),
  }));
  return { step, buckets: named };
}

function series(sums: Sums, of: Measure, more: Pick<Series, "key" | "label" | "colour" | "where">): Series {
  const exact = sums.series?.[of.name] ?? [];
  return {
    ...more,
    measure: of,
    exact,
    values: exact.map((value) => number(value, of.additive)),
    total: sums.total[of.name] ?? null,
    pending: sums.pending_calls ?? [],
  };
}

/** By the order in which the API first saw the value, never by rank; who shares a hue gets a texture. */
export function colours(groups: readonly Group[], dim: string): Colour[] {
  const taken = new Map<number, number>();
  const order = groups.map((_, index) => index);
  const key = (index: number) => labelOf(groups[index]?.key[dim]);
  order.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const found: Colour[] = groups.map(() => ({ slot: "none", texture: 0 }));
  for (const index of order) {
    const seen = groups[index]?.slot;
    if (seen === null || seen === undefined) continue;
    const slot = seen % HUES;
    const texture = Math.max(taken.get(slot) ?? 0, Math.floor(seen / HUES));
    taken.set(slot, texture + 1);
    found[index] = { slot, texture: Math.min(2, texture) as Colour["texture"] };
  }
  return found;
}

function pendingCaps(answer: Answer): number[] {
  const pending = answer.total.pending_calls ?? [];
  const all = pending.reduce((sum, count) => sum + count, 0);
  const { estimate } = answer.completeness;
  if (!all || !estimate) return pending.map(() => 0);
  const middle = (Number(estimate.low) + Number(estimate.high)) / 2;
  return pending.map((count) => (middle * count) / all);
}

function sentence(chart: Omit<Chart, "sentence">): string {
  const { measure: of, currency, buckets, total } = chart;
  const [first, last] = [buckets[0], buckets[buckets.length - 1]];
  const span = first && last ? ` from ${first.label} to ${last.label}` : "";
  const peak = total.values.reduce<number>((best, value, index) => ((value ?? 0) > (total.values[best] ?? 0) ? index : best), 0);
  const most = total.values.length && of.additive
    ? ` Highest ${buckets[peak]?.label ?? ""} with ${show(total.exact[peak], of, currency)}.` : "";
  const parts = chart.series.slice(0, 3).map((one) => `${one.label} ${show(one.total, one.measure, currency)}`);
  const largest = parts.length ? ` Largest: ${parts.join(", ")}.` : "";
  return `${of.label}${span}: ${show(total.total, of, currency)} in all.${most}${largest}`;
}

export interface Options {
  dim?: string;
  measure: string;
}

/** One measure, cut by one dimension: groups in the API's order, then Other, and the total. */
export function prepare(answer: Answer, { dim, measure: name }: Options): Chart {
  const of = measure(name);
  const currency = answer.query.currency ?? "USD";
  const hues = dim ? colours(answer.groups, dim) : [];
  const members = (dim ? answer.groups : []).map((group, index) => {
    const value = group.key[dim ?? ""] ?? null;
    const where = [value === null || value === "" ? { dim: dim ?? "", is_null: true } : { dim: dim ?? "", in: [value] }];
    return series(group, of, { key: value ?? "", label: labelOf(value), colour: hues[index] ?? { slot: 0, texture: 0 }, where });
  });
  if (dim && answer.other) members.push(otherOf(answer, dim, of));
  const total = series(answer.total, of, { key: "total", label: "Total", colour: { slot: 0, texture: 0 }, where: [] });
  const caps = of.kind === "money" && of.additive ? pendingCaps(answer) : [];
  const chart = { measure: of, currency, ...slots(answer.buckets), series: members, total, caps };
  return { ...chart, sentence: sentence(chart) };
}

function otherOf(answer: Answer, dim: string, of: Measure): Series {
  const shown = answer.groups.map((group) => group.key[dim]).filter((value) => value !== null && value !== undefined && value !== "");
  const count = answer.other?.members;
  const label = count ? `Other (${count})` : "Other";
  const where = [{ dim, not_in: shown as string[] }];
  return series(answer.other ?? { total: {} }, of, { key: "\0other", label, colour: { slot: "other", texture: 2 }, where });
}

/** Several measures of the total, such as P50, P95 and P99: each a line. */
export function prepareMeasures(answer: Answer, names: readonly string[]): Chart {
  const [first = ""] = names;
  const currency = answer.query.currency ?? "USD";
  const lines = names.map((name, index) =>
    series(answer.total, measure(name), {
      key: name, label: measure(name).label, colour: { slot: index, texture: 0 }, where: [],
    }),
  );
  const total = lines[0] ?? series(answer.total, measure(first), { key: "", label: "", colour: { slot: 0, texture: 0 }, where: [] });
  const chart = { measure: measure(first), currency, ...slots(answer.buckets), series: lines, total, caps: [] };
  return { ...chart, sentence: sentence(chart) };
}

/** Largest value that has to fit: of stacks with their caps, or of single lines. */
export function extent(chart: Chart, isStacked: boolean): [number, number] {
  if (!isStacked) {
    const all = chart.series.flatMap((one) => one.values).filter((value) => value !== null);
    return [Math.min(0, ...all), Math.max(0, ...all)];
  }
  const tops = chart.buckets.map((_, index) => {
    const parts = (chart.series.length ? chart.series : [chart.total]).map((one) => one.values[index] ?? 0);
    const up = parts.filter((value) => value > 0).reduce((sum, value) => sum + value, 0);
    const down = parts.filter((value) => value < 0).reduce((sum, value) => sum + value, 0);
    return { up: up + (chart.caps[index] ?? 0), down };
  });
  return [Math.min(0, ...tops.map((one) => one.down)), Math.max(0, ...tops.map((one) => one.up))];
}

/** Indexes of the buckets that get a label under the axis, so that labels of `width` px never touch. */
export function ticks(chart: Chart, width: number, room = 72): number[] {
  const count = chart.buckets.length;
  const fits = Math.max(1, Math.floor(width / room));
  const step = Math.max(1, Math.ceil(count / fits));
  const hourly = chart.step === "hour" ? [1, 2, 3, 6, 12, 24].find((one) => one >= step) ?? step : step;
  const first = chart.step === "hour" ? chart.buckets.findIndex((one) => wall(one.start).getUTCHours() % Math.min(hourly, 24) === 0) : 0;
  return Array.from({ length: count }, (_, index) => index).filter((index) => index >= first && (index - first) % hourly === 0);
}

export interface TipRow {
  key: string;
  label: string;
  colour: Colour | null;
  text: string;
  exact: string;
}

/** What the tip and the live region say of one bucket; what is nothing there is left out. */
export function tipOf(chart: Chart, index: number): { title: string; rows: TipRow[]; note: string } {
  const row = (one: Series, colour: Colour | null): TipRow => ({
    key: one.key, label: one.label, colour,
    text: show(one.exact[index], one.measure, chart.currency),
    exact: showExact(one.exact[index], one.measure, chart.currency),
  });
  const isSplit = chart.series.length > 0 && chart.series[0] !== chart.total;
  const filled = chart.series.filter((one) => !one.measure.additive || one.values[index]);
  const rows = filled.map((one) => row(one, one.colour));
  if (isSplit || !rows.length) rows.push(row(chart.total, null));
  const pending = chart.total.pending[index] ?? 0;
  const note = pending ? `+${pending.toLocaleString("en-US")} ${pending === 1 ? "call" : "calls"} pending, not in the total` : "";
  return { title: chart.buckets[index]?.label ?? "", rows, note };
}
