import { LOCALE } from "./money";

/** The wall clock that an ISO text with offset shows, kept as if it were UTC: no zone library. */
export function wall(iso: string): Date {
  return new Date(`${iso.length === 10 ? `${iso}T00:00` : iso.slice(0, 16)}Z`);
}

function format(options: Intl.DateTimeFormatOptions): (at: Date) => string {
  const made = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", hourCycle: "h23", ...options });
  return (at) => made.format(at);
}

const dayMonth = format({ day: "numeric", month: "short" });
const weekdayDay = format({ weekday: "short", day: "numeric", month: "short" });
const month = format({ month: "short", year: "numeric" });
const clock = format({ hour: "2-digit", minute: "2-digit" });
const dayClock = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const fullDay = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });

export type Step = "minute" | "hour" | "day" | "week" | "month";

const HOUR = 3_600_000;

export function stepOf(start: string, end: string): Step {
  const width = wall(end).getTime() - wall(start).getTime();
  if (width < HOUR * 0.9) return "minute";
  if (width < HOUR * 20) return "hour";
  if (width < HOUR * 24 * 2) return "day";
  return width < HOUR * 24 * 20 ? "week" : "month";
}

/** Under an axis. */
export function tickLabel(start: string, step: Step): string {
  const at = wall(start);
  if (step === "month") return month(at);
  if (step === "day" || step === "week") return dayMonth(at);
  return at.getUTCHours() === 0 && at.getUTCMinutes() === 0 ? dayMonth(at) : clock(at);
}

/** In a tip or a table. */
export function bucketLabel(start: string, step: Step): string {
  const at = wall(start);
  if (step === "month") return month(at);
  if (step === "week") return `Week of ${dayMonth(at)}`;
  return step === "day" ? weekdayDay(at) : dayClock(at);
}

/** "1 – 24 Nov 2026": the days a range holds; `to` is exclusive. */
export function rangeLabel(from: string, to: string): string {
  const [start, end] = [wall(from), wall(to)];
  const isWhole = from.slice(11, 16) === "00:00" && to.slice(11, 16) === "00:00";
  if (!isWhole && end.getTime() - start.getTime() < 48 * HOUR) return `${dayClock(start)} – ${dayClock(end)}`;
  const last = new Date(end.getTime() - 1);
  const [first, final] = [fullDay(start), fullDay(last)];
  return first === final ? first : `${dayMonth(start)} – ${dayMonth(last)} ${last.getUTCFullYear()}`;
}

export function clockLabel(at: Date, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, { timeZone: zone, timeStyle: "medium", hourCycle: "h23" }).format(at);
}

export function dateTimeLabel(iso: string, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone: zone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).format(new Date(iso));
}
