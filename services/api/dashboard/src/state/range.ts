/** Times of the address: absolute local ones, or relative to now. Pure: now is given. */

const RELATIVE = /^now(?:([+-])(\d{1,4})([mhdwMy]))?(?:\/([hdwMy]))?$/;
const ABSOLUTE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$/;

/** The wall clock of a zone, kept as if it were UTC. */
export function wallNow(now: Date, zone: string): Date {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit",
  }).formatToParts(now);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return new Date(Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute")));
}

export function isTime(text: string): boolean {
  return RELATIVE.test(text) || (ABSOLUTE.test(text) && !Number.isNaN(Date.parse(`${text.slice(0, 10)}T00:00Z`)));
}

export function isRelative(text: string): boolean {
  return text.startsWith("now");
}

function moved(at: Date, amount: number, unit: string): Date {
  const next = new Date(at);
  if (unit === "m") next.setUTCMinutes(next.getUTCMinutes() + amount);
  if (unit === "h") next.setUTCHours(next.getUTCHours() + amount);
  if (unit === "d") next.setUTCDate(next.getUTCDate() + amount);
  if (unit === "w") next.setUTCDate(next.getUTCDate() + 7 * amount);
  if (unit === "M" || unit === "y") {
    const day = next.getUTCDate();
    next.setUTCDate(1);
    next.setUTCMonth(next.getUTCMonth() + amount * (unit === "y" ? 12 : 1));
    const last = new Date(Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1, 0)).getUTCDate();
    next.setUTCDate(Math.min(day, last));
  }
  return next;
}

function floored(at: Date, unit: string): Date {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (unit === "h") return new Date(Date.UTC(year, month, day, at.getUTCHours()));
  if (unit === "d") return new Date(Date.UTC(year, month, day));
  if (unit === "w") return new Date(Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7)));
  return new Date(Date.UTC(year, unit === "M" ? month : 0, 1));
}

/** `2026-11-15T00:00` of an absolute or relative time; `to` is exclusive, so both round down. */
export function resolve(text: string, now: Date): string {
  const match = RELATIVE.exec(text);
  if (!match) return text.length === 10 ? `${text}T00:00` : text;
  const [, sign, amount, unit, floor] = match;
  const shifted = unit ? moved(now, Number(`${sign ?? ""}${amount ?? 0}`), unit) : now;
  return (floor ? floored(shifted, floor) : shifted).toISOString().slice(0, 16);
}

export interface Preset {
  key: string;
  label: string;
  from: string;
  to: string;
}

export const PRESETS: Preset[] = [
  { key: "24h", label: "Last 24 hours", from: "now-24h/h", to: "now" },
  { key: "today", label: "Today", from: "now/d", to: "now" },
  { key: "yesterday", label: "Yesterday", from: "now-1d/d", to: "now/d" },
  { key: "7d", label: "Last 7 days", from: "now-6d/d", to: "now" },
  { key: "30d", label: "Last 30 days", from: "now-29d/d", to: "now" },
  { key: "90d", label: "Last 90 days", from: "now-89d/d", to: "now" },
  { key: "month", label: "This month", from: "now/M", to: "now" },
  { key: "lastmonth", label: "Last month", from: "now-1M/M", to: "now/M" },
];

export function presetOf(from: string, to: string): Preset | undefined {
  return PRESETS.find((preset) => preset.from === from && preset.to === to);
}

/** The range next to this one, as long as it: -1 is the one before. */
export function shifted(from: string, to: string, periods: number): { from: string; to: string } {
  const [start, end] = [new Date(`${from}Z`), new Date(`${to}Z`)];
  const isMonths = from.slice(8) === "01T00:00" && to.slice(8) === "01T00:00";
  if (isMonths) {
    const months = (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
    return { from: iso(moved(start, periods * months, "M")), to: iso(moved(end, periods * months, "M")) };
  }
  const width = (end.getTime() - start.getTime()) * periods;
  return { from: iso(new Date(start.getTime() + width)), to: iso(new Date(end.getTime() + width)) };
}

function iso(at: Date): string {
  return at.toISOString().slice(0, 16);
}
