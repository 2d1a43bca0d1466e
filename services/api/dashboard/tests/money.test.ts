import { describe, expect, it } from "vitest";

import { compactMoney, exactMoney, money, moneyColumn, signedMoney } from "~/format/money";
import { age, measure, show, showExact, showTicks } from "~/format/measures";

describe("one amount", () => {
  it.each([
    ["1234.5678", "$1,234.57"],
    ["0", "$0.00"],
    ["0.00", "$0.00"],
    ["0.00464", "$0.00464"],
    ["0.0000000028", "$0.0000000028"],
    ["-0.5", "-$0.50"],
    ["0.999", "$1.00"],
  ])("%s is %s", (value, told) => expect(money(value, "USD")).toBe(told));

  it("is never shown as zero when it is none, and never as money when it is not known", () => {
    for (let power = 1; power <= 18; power++) {
      expect(money(`0.${"0".repeat(power - 1)}1`, "USD")).not.toBe("$0.00");
    }
    expect(money(null, "USD")).toBe("—");
  });

  it("is exact on demand, to the last of 18 decimals", () => {
    expect(exactMoney("41.200000000000000001", "USD")).toBe("$41.200000000000000001");
    expect(exactMoney("12345678901234567890.5", "EUR")).toBe("€12,345,678,901,234,567,890.50");
    expect(exactMoney(null, "USD")).toBe("not known");
  });

  it("is compact from a million on, in tiles", () => {
    expect(compactMoney("999999.99", "USD")).toBe("$999,999.99");
    expect(compactMoney("1234567.89", "USD")).toBe("$1.235M");
  });

  it("carries its sign as a change", () => {
    expect(signedMoney("-1.5", "USD")).toBe("−$1.50");
    expect(signedMoney("2", "USD")).toBe("+$2.00");
    expect(signedMoney("0.00", "USD")).toBe("±$0.00");
  });
});

describe("a column of amounts", () => {
  it("has one precision, and says when an amount is smaller than it shows", () => {
    expect(moneyColumn(["12", "0.5", "0.00000001", null, "0"], "USD")).toEqual(["$12.00", "$0.50", "<$0.01", "—", "$0.00"]);
    expect(moneyColumn(["0.0123", "0.5"], "USD")).toEqual(["$0.0123", "$0.5000"]);
    expect(moneyColumn(["0.000000004"], "USD")).toEqual(["<$0.000001"]);
  });
});

describe("other measures", () => {
  it("have their unit", () => {
    expect(show(0.1234, measure("error_share"), "USD")).toBe("12.3%");
    expect(show(1234, measure("latency_ms.p95"), "USD")).toBe("1.23 s");
    expect(show(840, measure("latency_ms.p50"), "USD")).toBe("840 ms");
    expect(show(1_234_567, measure("calls"), "USD")).toBe("1,234,567");
    expect(show(null, measure("calls"), "USD")).toBe("—");
    expect(showExact(0.1234567, measure("error_share"), "USD")).toBe("12.34567 %");
  });

  it("write an axis in one precision", () => {
    expect(showTicks([0, 0.2, 0.4], measure("cost"), "USD")).toEqual(["0", "$0.20", "$0.40"]);
    expect(showTicks([0, 5, 10], measure("cost"), "USD")).toEqual(["0", "$5", "$10"]);
    expect(showTicks([0, 0.005, 0.01], measure("cost"), "USD")).toEqual(["0", "$0.005", "$0.010"]);
    expect(showTicks([0, 2000], measure("calls"), "USD")).toEqual(["0", "2K"]);
  });

  it("tell an age by its largest unit", () => {
    expect([5, 61, 7_300, 200_000].map(age)).toEqual(["5 s", "1 min", "2 h", "2 d"]);
  });
});

describe("a duration", () => {
  it.each([
    [0, "0 ms"], [999, "999 ms"], [1_000, "1 s"], [119_999, "120 s"], [120_000, "2 min"],
    [7_199_999, "120 min"], [7_200_000, "2 h"], [172_799_999, "48 h"], [172_800_000, "2 d"], [966_000_000, "11.2 d"],
  ])("of %d ms is %s", (ms, told) => expect(show(ms, measure("latency_ms.p50"), "USD")).toBe(told));
});
