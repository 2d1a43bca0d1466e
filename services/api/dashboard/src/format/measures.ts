import type { Value } from "~/api/types";

import { LOCALE, UNKNOWN, compactMoney, exactMoney, money, moneyColumn } from "./money";

export type Kind = "money" | "count" | "tokens" | "duration" | "share" | "rate" | "number";

export interface Measure {
  name: string;
  label: string;
  kind: Kind;
  /** Sums of parts make the whole: a bucket without rows is 0, not a gap. */
  additive: boolean;
}

const NAMED: Record<string, [string, Kind, boolean]> = {
  cost: ["Cost", "money", true],
  charge: ["Charge", "money", true],
  cost_input: ["Input cost", "money", true],
  cost_cache_read: ["Cache read cost", "money", true],
  cost_cache_write: ["Cache write cost", "money", true],
  cost_output: ["Output cost", "money", true],
  cache_saved: ["Saved by caching", "money", true],
  calls: ["Calls", "count", true],
  steps: ["Steps", "count", true],
  errors: ["Errors", "count", true],
  pending_calls: ["Pending calls", "count", true],
  conversations: ["Conversations", "count", false],
  users: ["Users", "count", false],
  tokens: ["Tokens", "tokens", true],
  "tokens.input": ["Input tokens", "tokens", true],
  "tokens.cache_read": ["Cache read tokens", "tokens", true],
  "tokens.cache_write": ["Cache write tokens", "tokens", true],
  "tokens.output": ["Output tokens", "tokens", true],
  "tokens.reasoning": ["Reasoning tokens", "tokens", true],
  error_share: ["Error share", "share", false],
  cache_hit_share: ["Cache hit share", "share", false],
  tokens_per_call: ["Tokens per call", "number", false],
  "latency_ms.mean": ["Mean duration", "duration", false],
  "latency_ms.p50": ["P50", "duration", false],
  "latency_ms.p95": ["P95", "duration", false],
  "latency_ms.p99": ["P99", "duration", false],
  "ttft_ms.p50": ["First token P50", "duration", false],
  "ttft_ms.p95": ["First token P95", "duration", false],
  "ttft_ms.p99": ["First token P99", "duration", false],
  output_tokens_per_second: ["Output tokens per second", "rate", false],
  cost_per_conversation: ["Cost per conversation", "money", false],
  charge_per_conversation: ["Charge per conversation", "money", false],
  tokens_per_conversation: ["Tokens per conversation", "number", false],
  outcomes: ["Outcomes", "count", true],
  outcome_value: ["Outcome value", "money", true],
  feedback: ["Rated", "count", true],
  feedback_positive: ["Positive", "count", true],
  feedback_negative: ["Negative", "count", true],
  negative_share: ["Negative share", "share", false],
  resolved: ["Resolved", "count", true],
  revenue: ["Revenue", "money", true],
  margin: ["Margin", "money", true],
  cost_share_of_revenue: ["Cost of revenue", "share", false],
};

export function measure(name: string): Measure {
  const [label, kind, additive] = NAMED[name] ?? [name, "number", false];
  return { name, label, kind, additive };
}

export const MEASURES = Object.keys(NAMED);

const ELSEWHERE = ["outcomes", "outcome_value", "feedback", "feedback_positive", "feedback_negative", "resolved", "revenue", "margin"];

/** What `/v1/export` tells: sums of calls. */
export function isExported(name: string): boolean {
  return measure(name).additive && !ELSEWHERE.includes(name);
}

function number(options: Intl.NumberFormatOptions): (value: number) => string {
  const made = new Intl.NumberFormat(LOCALE, options);
  return (value) => made.format(value).replace("-", "−"); // as money has it
}

const whole = number({ maximumFractionDigits: 0 });
const short = number({ notation: "compact", maximumSignificantDigits: 3 });
const three = number({ maximumSignificantDigits: 3 });
const tenths = number({ style: "percent", maximumFractionDigits: 1 });
const LEAST_SHARE = 0.001;
const exactly = number({ maximumFractionDigits: 20 });

/** What is not zero never reads as zero. */
function percent(share: number): string {
  const size = Math.abs(share);
  return size > 0 && size < LEAST_SHARE / 2 ? `${share < 0 ? "−" : ""}<${tenths(LEAST_SHARE)}` : tenths(share);
}

/** Each unit up to the milliseconds at which the next one is easier to read. */
const UNITS: [string, number, number][] = [["ms", 1, 1_000], ["s", 1_000, 120_000], ["min", 60_000, 7_200_000], ["h", 3_600_000, 172_800_000], ["d", 86_400_000, Infinity]];

function duration(ms: number): string {
  const [name, size] = UNITS.find(([, , end]) => ms < end) ?? ["ms", 1];
  return `${three(ms / size)} ${name}`;
}

/** How long ago or how long: the largest unit that fits. */
export function age(seconds: number): string {
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "min"]];
  const [size, name] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${whole(Math.floor(seconds / size))} ${name}`;
}

const OF_KIND: Record<Exclude<Kind, "money">, (value: number) => string> = {
  count: whole,
  tokens: (value) => (value < 100_000 ? whole(value) : short(value)),
  duration,
  share: percent,
  rate: (value) => `${three(value)} tok/s`,
  number: (value) => (value < 10_000 ? three(value) : short(value)),
};

export function show(value: Value | undefined, of: Measure, currency: string): string {
  if (value === null || value === undefined) return UNKNOWN;
  return of.kind === "money" ? money(String(value), currency) : OF_KIND[of.kind](Number(value));
}

/** For tiles. */
export function showLarge(value: Value | undefined, of: Measure, currency: string): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (of.kind === "money") return compactMoney(String(value), currency);
  const size = Number(value);
  return of.kind === "count" && size >= 1e6 ? short(size) : OF_KIND[of.kind](size);
}

/** For axes: as short as can be, with the decimals that the finest tick needs. */
export function showTicks(values: readonly number[], of: Measure, currency: string): string[] {
  if (of.kind === "money") return values.map((value) => (value === 0 ? "0" : tickMoney(value, decimalsOf(values), currency)));
  if (of.kind === "share") return values.map(tenths);
  if (of.kind === "duration") return values.map(duration);
  return values.map((value) => (value >= 1_000 ? short(value) : three(value)));
}

function decimalsOf(values: readonly number[]): number {
  const most = Math.max(0, ...values.map((value) => String(Number(value.toPrecision(6))).split(".")[1]?.length ?? 0));
  return most === 1 ? 2 : most;
}

function tickMoney(value: number, decimals: number, currency: string): string {
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" } as const;
  const form = Math.abs(value) >= 1_000
    ? { ...options, notation: "compact", maximumSignificantDigits: 3 } as const
    : { ...options, minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return new Intl.NumberFormat(LOCALE, form).format(value);
}

/** Every digit, for hover and copy. */
export function showExact(value: Value | undefined, of: Measure, currency: string): string {
  if (value === null || value === undefined) return "not known";
  if (of.kind === "money") return exactMoney(String(value), currency);
  if (of.kind === "share") return `${exactly(Number(value) * 100)} %`;
  return exactly(Number(value)) + (of.kind === "duration" ? " ms" : "");
}

/** A column of a table in one precision. */
export function showColumn(values: readonly (Value | undefined)[], of: Measure, currency: string): string[] {
  if (of.kind !== "money") return values.map((value) => show(value, of, currency));
  return moneyColumn(values.map((value) => (value === null || value === undefined ? null : String(value))), currency);
}

export { duration, percent, short, whole };
