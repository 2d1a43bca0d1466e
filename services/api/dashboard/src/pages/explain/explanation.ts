/** What explains a change of cost. Pure. */
import type { Completeness } from "~/api/types";
import type { Driver } from "~/marks/Drivers";

export const CAUSES = [["calls", "Calls"], ["tokens_per_call", "Tokens per call"], ["mix", "Model mix"], ["pending", "Pending calls"], ["price", "Price"]] as const;
type Cause = (typeof CAUSES)[number][0];

/** `difference` is the sum of its causes; a model of null is all that are too small to be named. */
export type ModelDriver = { model: string | null; token_category: string; before: string; after: string; difference: string } & Record<Cause, string>;

export interface Explanation {
  as_of?: string | null;
  before: string;
  after: string;
  difference: string;
  drivers: ModelDriver[];
  parts: Record<Cause, string>;
  pending_calls: { before: number; after: number };
  completeness: Completeness;
}

/** The causes over everything, as a list around zero; their sum is the difference. */
export function causes({ parts }: Explanation): Driver[] {
  return CAUSES.map(([name, label]) => ({ key: name, label, change: parts[name] }));
}

/** Behind the part of pending calls: how many wait. Empty when none does in either period. */
export function waitingWords({ pending_calls: { before, after } }: Explanation): string {
  if (!before && !after) return "";
  return `Calls that wait for a price: ${after.toLocaleString("en-US")} in this period, ${before.toLocaleString("en-US")} in the one before.`;
}

export function categoryLabel(category: string): string {
  return category.replace(/_/g, " ");
}
