/** What was published and cannot be read yet: it travels through Kafka into the mirror, within seconds. Pure. */
import type { OrgRecord } from "./orgs";

export interface Ahead {
  /** Null where it was taken off the registry. */
  record: OrgRecord | null;
  /** What may still be read in its place: all that stood there since. */
  before: string[];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}

/** Equal for equal records, in whatever order their fields stand. */
export function textOf(record: OrgRecord | null): string {
  return JSON.stringify(sorted(record));
}

/** Whether `read` is older than what was published. */
export function isBehind(read: OrgRecord | null, ahead: Ahead | undefined): boolean {
  return ahead?.before.includes(textOf(read)) ?? false;
}

/** The record as it stands: the published one until it, or a later one, is read. */
export function latest(read: OrgRecord | null, ahead: Ahead | undefined): OrgRecord | null {
  return ahead && isBehind(read, ahead) ? ahead.record : read;
}

/** After publishing `record` where `read` was read. */
export function published(read: OrgRecord | null, known: Ahead | undefined, record: OrgRecord | null): Ahead {
  const before = known && isBehind(read, known) ? [...known.before, textOf(known.record)] : [textOf(read)];
  return { record, before: before.filter((text) => text !== textOf(record)) };
}

/** The list by id as it stands, without those taken off; a new one is added where it belongs, unless that is on a page not read yet. */
export function overlaid(read: readonly OrgRecord[], ahead: ReadonlyMap<string, Ahead>, isWhole: boolean): OrgRecord[] {
  const ids = new Set(read.map((one) => one.org_id));
  const last = read[read.length - 1]?.org_id ?? "";
  const added = [...ahead.values()].filter((one) => isBehind(null, one)).flatMap((one) => one.record ?? [])
    .filter(({ org_id: id }) => !ids.has(id) && (isWhole || id < last));
  const shown = read.flatMap((one) => latest(one, ahead.get(one.org_id)) ?? []);
  return added.length ? [...shown, ...added].sort((a, b) => (a.org_id < b.org_id ? -1 : 1)) : shown;
}
