import { describe, expect, it } from "vitest";

import { isZero, negate, plain, subtract, sum } from "~/format/decimal";

/** A small generator with a seed: the same amounts in each run. */
function amounts(seed: number, count: number): string[] {
  let state = seed;
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  return Array.from({ length: count }, () => {
    const fraction = String(next()).padStart(10, "0") + String(next() % 100_000_000);
    return `${next() % 3 ? "" : "-"}${next() % 10_000}.${fraction}`;
  });
}

describe("exact sums of text", () => {
  it("keeps every digit, where numbers would not", () => {
    expect(sum(["0.1", "0.2"])).toBe("0.3");
    expect(sum(["9007199254740993", "0.000000000000000001"])).toBe("9007199254740993.000000000000000001");
  });

  it("does not depend on order, and takes away what it added", () => {
    const all = amounts(7, 500);
    expect(sum([...all].reverse())).toBe(sum(all));
    expect(isZero(sum([...all, negate(sum(all))]))).toBe(true);
  });

  it.each([["1.50", "1.5"], ["1E-9", "0.000000001"], ["2e3", "2000"], ["-0.0", "0"], ["007.10", "7.1"]])("writes %s plainly", (given, told) => {
    expect(plain(given)).toBe(told);
  });

  it("is negative where less was before", () => {
    expect(subtract("1.1", "2.30")).toBe("-1.2");
  });

  it("sums nothing to zero", () => {
    expect(sum([])).toBe("0");
  });
});
