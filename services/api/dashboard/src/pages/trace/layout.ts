/** Where each step stands: which rows are shown, where its bar begins and ends. Pure. */
import type { Step } from "./types";

export interface Row {
  step: Step;
  index: number;
  /** Share of the whole width, 0 to 1. */
  left: number;
  width: number;
  hasChildren: boolean;
}

/** The steps that no folded one hides. */
export function visible(steps: readonly Step[], folded: ReadonlySet<string>): Row[] {
  const starts = steps.map((step) => Date.parse(step.started_at));
  const first = Math.min(...starts);
  const end = Math.max(...steps.map((step, index) => (starts[index] ?? first) + (step.duration_ms ?? 0)));
  const span = end - first || 1;
  const rows: Row[] = [];
  let hiddenBelow = Infinity;
  steps.forEach((step, index) => {
    if (step.depth > hiddenBelow) return;
    hiddenBelow = folded.has(step.event_id) ? step.depth : Infinity;
    const left = ((starts[index] ?? first) - first) / span;
    const width = Math.min(1 - left, (step.duration_ms ?? 0) / span);
    rows.push({ step, index, left, width, hasChildren: (steps[index + 1]?.depth ?? 0) > step.depth });
  });
  return rows;
}

/** The step that costs most by itself; the first one where nothing has a price. */
export function dearest(steps: readonly Step[], amount: (step: Step) => string | null): Step | undefined {
  return steps.reduce<Step | undefined>((best, step) => {
    const value = step.is_counted ? Number(amount(step) ?? -1) : -1;
    return best === undefined || value > (best.is_counted ? Number(amount(best) ?? -1) : -1) ? step : best;
  }, undefined);
}

/** The next row with an error after (or before) this one, around the ends. */
export function nextError(rows: readonly Row[], from: number, direction: 1 | -1): number {
  for (let away = 1; away <= rows.length; away += 1) {
    const at = (from + direction * away + rows.length * (away + 1)) % rows.length;
    if (rows[at]?.step.status === "error") return at;
  }
  return from;
}

const WHY: Record<string, string> = {
  told_once: "it is told once",
  not_withdrawn: "the others were withdrawn",
  has_usage: "it alone tells how much was used",
  nearest_the_wire: "it is nearest to the provider",
  deepest: "it is the innermost",
  newest: "it is the newest",
};

export function whyCounted(why: string): string {
  return WHY[why] ?? why;
}
