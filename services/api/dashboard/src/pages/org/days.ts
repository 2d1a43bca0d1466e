/** A customer's daily lines: each is settled, or says what it still waits for. Pure. */
import type { Answer, Value } from "~/api/types";

export interface Day {
  date: string;
  charge: Value;
  calls: Value;
  tokens: Value;
  pending: number;
  status: string;
  isSettled: boolean;
}

const SETTLES_AFTER_MS = 48 * 3_600_000;

/** Newest first. A day is settled when nothing of it is pending and it is two
 * days past; only closing its month makes it final. */
export function dayLines(answer: Answer): Day[] {
  const asOf = Date.parse(answer.as_of);
  const at = (name: string, index: number): Value => answer.total.series?.[name]?.[index] ?? null;
  return answer.buckets.map((bucket, index): Day => {
    const pending = answer.total.pending_calls?.[index] ?? 0;
    const isSettled = !pending && !bucket.partial && Date.parse(bucket.end) + SETTLES_AFTER_MS < asOf;
    const open = bucket.partial ? "running" : "may still change";
    const status = pending ? `pending ${pending.toLocaleString("en-US")}` : isSettled ? "settled" : open;
    return { date: bucket.start.slice(0, 10), charge: at("charge", index), calls: at("calls", index), tokens: at("tokens", index), pending, status, isSettled };
  }).reverse();
}

export function lastSettled(days: readonly Day[]): string | null {
  return days.find((day, index) => day.isSettled && days.slice(index).every((one) => one.isSettled))?.date ?? null;
}
