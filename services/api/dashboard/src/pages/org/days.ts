/** A customer's daily lines: each is final, or says what it still waits for. Pure. */
import type { Answer, Value } from "~/api/types";

export interface Day {
  date: string;
  charge: Value;
  calls: Value;
  tokens: Value;
  pending: number;
  status: string;
  isFinal: boolean;
}

const SETTLES_AFTER_MS = 48 * 3_600_000;

/** Newest first. A day is final when nothing of it is pending and late calls can no longer come. */
export function dayLines(answer: Answer): Day[] {
  const asOf = Date.parse(answer.as_of);
  const at = (name: string, index: number): Value => answer.total.series?.[name]?.[index] ?? null;
  return answer.buckets.map((bucket, index): Day => {
    const pending = answer.total.pending_calls?.[index] ?? 0;
    const isFinal = !pending && !bucket.partial && Date.parse(bucket.end) + SETTLES_AFTER_MS < asOf;
    const open = bucket.partial ? "running" : "may still change";
    const status = pending ? `pending ${pending.toLocaleString("en-US")}` : isFinal ? "final" : open;
    return { date: bucket.start.slice(0, 10), charge: at("charge", index), calls: at("calls", index), tokens: at("tokens", index), pending, status, isFinal };
  }).reverse();
}

export function lastFinal(days: readonly Day[]): string | null {
  return days.find((day, index) => day.isFinal && days.slice(index).every((one) => one.isFinal))?.date ?? null;
}
