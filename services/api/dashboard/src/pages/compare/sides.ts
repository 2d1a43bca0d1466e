/** Which configurations there are, and which two stand against each other. Pure. */
import type { Answer } from "~/api/types";
import type { Search } from "~/state/address";

export interface Side {
  name: string;
  n: number;
  half_priced: number;
  mean: string | null;
  p50: string | null;
  p95: string | null;
  cost_per_resolved: string | null;
  tokens: number | null;
  latency_ms: number | null;
  negative_share: { value: number | null; low: number | null; high: number | null; n: number };
}

export interface Versus {
  currency: string;
  a: Side;
  b: Side;
  difference: { value: string | null; low: string | null; high: string | null };
  verdict: string | null;
  warnings: string[];
}

/** `assistant@version` of every group, the dearest assistant first, its newest version first. */
export function configurations(answer: Answer): string[] {
  const named = answer.groups.flatMap(({ key, total }) => (key.assistant ? [{ assistant: key.assistant, version: key.assistant_version ?? "", cost: Number(total.cost ?? 0) }] : []));
  const sums = new Map<string, number>();
  for (const one of named) sums.set(one.assistant, (sums.get(one.assistant) ?? 0) + one.cost);
  const compare = (a: string, b: string) => b.localeCompare(a, "en", { numeric: true });
  return named
    .sort((a, b) => (sums.get(b.assistant) ?? 0) - (sums.get(a.assistant) ?? 0) || a.assistant.localeCompare(b.assistant) || compare(a.version, b.version))
    .map(({ assistant, version }) => (version ? `${assistant}@${version}` : assistant));
}

/** From the address; else the version before the newest against the newest of the dearest. */
export function preset(options: readonly string[], search: Search): { a: string; b: string } | null {
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
  const assistantOf = (name: string | undefined) => name?.split("@")[0];
  const [newest] = options;
  const before = options.find((name, index) => index > 0 && assistantOf(name) === assistantOf(newest)) ?? options[1];
  const [a, b] = [one(search.a) ?? before, one(search.b) ?? newest];
  return a && b ? { a, b } : null;
}
