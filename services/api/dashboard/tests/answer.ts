import type { Answer, Group } from "~/api/types";

/** An answer over days from 15 November on, in Berlin. */
export function answer(part: Partial<Answer> = {}, days = 3): Answer {
  const day = (index: number) => `2026-11-${String(15 + index)}T00:00:00+01:00`;
  return {
    query: { measures: ["cost"], from: day(0), to: day(days), tz: "Europe/Berlin", currency: "USD" },
    as_of: "2026-11-22T21:40:05Z",
    completeness: { state: "open", lag_seconds: 1, pending_calls: 0, pending_tokens: 0, oldest_pending_at: null, estimate: null, unattributed_calls: 0 },
    columns: [],
    buckets: Array.from({ length: days }, (_, index) => ({ start: day(index), end: day(index + 1), partial: index === days - 1 })),
    groups: [],
    other: null,
    total: { total: { cost: "6" }, series: { cost: ["1", "2", "3"] }, pending_calls: [0, 0, 0] },
    previous: null,
    ...part,
  };
}

export function group(model: string | null, slot: number | null, series: (string | number | null)[], name = "cost"): Group {
  return { key: { model }, slot, total: { [name]: series[0] ?? null }, series: { [name]: series }, pending_calls: series.map(() => 0) };
}
