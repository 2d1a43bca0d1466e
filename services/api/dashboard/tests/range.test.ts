import { describe, expect, it } from "vitest";

import { rangeLabel, stepOf, tickLabel } from "~/format/time";
import { isTime, presetOf, resolve, shifted, wallNow } from "~/state/range";

const NOW = new Date("2026-11-26T13:45:00Z"); // a wall clock, kept as if it were UTC

describe("relative times", () => {
  it.each([
    ["now", "2026-11-26T13:45"],
    ["now/d", "2026-11-26T00:00"],
    ["now-7d/d", "2026-11-19T00:00"],
    ["now-24h/h", "2026-11-25T13:00"],
    ["now/w", "2026-11-23T00:00"],
    ["now/M", "2026-11-01T00:00"],
    ["now-1M/M", "2026-10-01T00:00"],
    ["now-9M", "2026-02-26T13:45"],
    ["now/y", "2026-01-01T00:00"],
    ["2026-11-15", "2026-11-15T00:00"],
    ["2026-11-15T08:30", "2026-11-15T08:30"],
  ])("%s is %s", (text, told) => {
    expect(isTime(text)).toBe(true);
    expect(resolve(text, NOW)).toBe(told);
  });

  it("keeps to the end of a shorter month", () => {
    expect(resolve("now-1M", new Date("2026-03-31T10:00:00Z"))).toBe("2026-02-28T10:00");
  });

  it.each(["yesterday", "now-7x", "2026-13-40", "now -1d", ""])("%s is none", (text) => expect(isTime(text)).toBe(false));
});

describe("the wall clock of a zone", () => {
  it("has the quarter hours of Nepal", () => {
    expect(wallNow(new Date("2026-11-26T00:00:00Z"), "Asia/Kathmandu").toISOString()).toBe("2026-11-26T05:45:00.000Z");
  });
});

describe("the period before and after", () => {
  it("is as long, and whole months stay whole months", () => {
    expect(shifted("2026-11-15T00:00", "2026-11-22T00:00", -1)).toEqual({ from: "2026-11-08T00:00", to: "2026-11-15T00:00" });
    expect(shifted("2026-03-01T00:00", "2026-04-01T00:00", -1)).toEqual({ from: "2026-02-01T00:00", to: "2026-03-01T00:00" });
  });
});

describe("labels", () => {
  it("show the last day that is in", () => {
    expect(rangeLabel("2026-11-01T00:00", "2026-12-01T00:00")).toBe("Nov 1 – Nov 30 2026");
    expect(rangeLabel("2026-11-26T00:00", "2026-11-27T00:00")).toBe("Thu, Nov 26, 2026");
  });

  it("follow the bucket's own offset, without a zone library", () => {
    expect(stepOf("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00")).toBe("day");
    expect(tickLabel("2026-11-15T00:00:00+05:45", "day")).toBe("Nov 15");
    expect(tickLabel("2026-11-15T06:00:00+05:45", "hour")).toBe("06:00");
  });

  it("know a preset", () => expect(presetOf("now/M", "now")?.label).toBe("This month"));
});
