/** What a new installation has done, and what comes next. Pure. */
import type { Progress } from "./types";

export type StepName = "keys" | "send" | "lamps" | "price";

export interface Key {
  scopes: string[];
  revoked_at?: string | null;
}

/** Whether anybody could send an event with one of these keys. */
export function canSend(keys: readonly Key[] | undefined): boolean {
  return (keys ?? []).some((key) => !key.revoked_at && key.scopes.includes("ingest"));
}

/** Each is done when it happened, whoever did it and in whatever order. */
export function doneOf(progress: Progress | undefined, hasKeys: boolean): Record<StepName, boolean> {
  const { received = null, stored = false, visible = false, priced = false } = progress ?? {};
  return { keys: hasKeys || stored, send: received === true || stored, lamps: stored && visible, price: priced };
}

/** The first that is not done; null when all are. */
export function nextOf(done: Record<StepName, boolean>): StepName | null {
  return (Object.keys(done) as StepName[]).find((name) => !done[name]) ?? null;
}

export function doneWords(done: Record<StepName, boolean>): string {
  const [all, count] = [Object.keys(done).length, Object.values(done).filter(Boolean).length];
  return count === all ? "All done: the first call has its price." : `${count} of ${all} done`;
}
