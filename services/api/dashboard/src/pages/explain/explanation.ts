/** What explains a change of cost. Pure. */
import { sum } from "~/format/decimal";
import type { Driver } from "~/marks/Drivers";

export const CAUSES = [["calls", "Calls"], ["tokens_per_call", "Tokens per call"], ["mix", "Model mix"], ["price", "Price"]] as const;
type Cause = (typeof CAUSES)[number][0];

export type ModelDriver = { model: string | null; token_category: string } & Partial<Record<Cause, string>>;

export interface Explanation {
  as_of?: string | null;
  before: string;
  after: string;
  difference: string;
  drivers: ModelDriver[];
  parts: Record<Cause, string> & { pending_now_priced?: string };
}

/** The causes over everything, as a list around zero; their sum is the difference. */
export function causes({ parts }: Explanation): Driver[] {
  const known = CAUSES.map(([name, label]) => ({ key: name, label, change: parts[name] }));
  const priced = parts.pending_now_priced;
  return priced === undefined ? known : [...known, { key: "pending_now_priced", label: "Pending before, priced now", change: priced }];
}

export function driverTotal(driver: ModelDriver): string {
  return sum(CAUSES.map(([name]) => driver[name] ?? "0"));
}

export function categoryLabel(category: string): string {
  return category.replace(/_/g, " ");
}
