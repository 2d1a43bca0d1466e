import { describe, expect, it } from "vitest";

import { linePaths, scales, stack } from "~/marks/geometry";
import { position } from "~/marks/Histogram";
import { colours, extent, prepare, prepareMeasures, ticks, tipOf } from "~/marks/prepare";
import { bulletState } from "~/marks/Bullet";
import { chartRows, csv } from "~/ui/download";

import { answer, group } from "./answer";

const FRAME = { width: 400, height: 200, left: 40, right: 0, top: 10, bottom: 20 };

describe("colour is identity", () => {
  const groups = [group("b", 3, ["1"]), group("a", 10, ["2"]), group(null, null, ["1"]), group("c", 4, ["1"])];

  it("follows the slot, never the rank", () => {
    const found = colours(groups, "model");
    const reversed = colours([...groups].reverse(), "model").reverse();
    expect(reversed).toEqual(found);
    expect(found.map((one) => one.slot)).toEqual([3, 3, "none", 4]);
  });

  it("tells members of one hue apart by texture", () => {
    const found = colours(groups, "model");
    expect(new Set(found.map((one) => `${one.slot} ${one.texture}`)).size).toBe(groups.length);
  });
});

describe("prepare", () => {
  const whole = answer({
    groups: [group("gpt", 1, ["1", "0", "2"]), group(null, null, ["0", "1", null])],
    other: { members: 33, total: { cost: "2" }, series: { cost: ["0", "1", "1"] } },
  });

  it("keeps the API's order, Other last, and the API's own total", () => {
    const chart = prepare(whole, { dim: "model", measure: "cost" });
    expect(chart.series.map((one) => one.label)).toEqual(["gpt", "(none)", "Other (33)"]);
    expect(chart.total.total).toBe("6");
  });

  it("knows the rows behind each mark", () => {
    const chart = prepare(whole, { dim: "model", measure: "cost" });
    expect(chart.series.map((one) => one.where)).toEqual([
      [{ dim: "model", in: ["gpt"] }], [{ dim: "model", is_null: true }], [{ dim: "model", not_in: ["gpt"] }],
    ]);
  });

  it("says the chart in one sentence", () => {
    expect(prepare(whole, { dim: "model", measure: "cost" }).sentence).toBe(
      "Cost from Sun, Nov 15 to Tue, Nov 17 (so far): $6.00 in all. Highest Tue, Nov 17 (so far) with $3.00. Largest: gpt $1.00, (none) $0.00, Other (33) $2.00.",
    );
  });

  it("draws a missing sum as nothing and a missing ratio as a gap", () => {
    const sums = prepare(answer({ total: { total: { cost: "1" }, series: { cost: ["1", null, null] } } }), { measure: "cost" });
    const shares = prepare(answer({ total: { total: { error_share: 0.5 }, series: { error_share: [0.5, null, 0] } } }), { measure: "error_share" });
    expect(sums.total.values).toEqual([1, 0, 0]);
    expect(shares.total.values).toEqual([0.5, null, 0]);
  });

  it("caps with the estimate of what is pending, in proportion to the calls, outside the total", () => {
    const pending = answer({ total: { total: { cost: "6" }, series: { cost: ["1", "2", "3"] }, pending_calls: [0, 1, 3] } });
    pending.completeness = { ...pending.completeness, pending_calls: 4, estimate: { low: "1", high: "3" } };
    const chart = prepare(pending, { measure: "cost" });
    expect(chart.caps).toEqual([0, 0.5, 1.5]);
    expect(chart.total.total).toBe("6");
    expect(extent(chart, true)).toEqual([0, 4.5]);
    expect(tipOf(chart, 2).note).toBe("+3 calls pending, not in the total");
  });

  it("tells exact figures in the tip, and leaves out members that are nothing there", () => {
    const chart = prepare(answer({ groups: [group("gpt", 1, ["0.000000000000000001", "0", "0"])] }), { dim: "model", measure: "cost" });
    expect(tipOf(chart, 0).rows.map((row) => row.exact)).toEqual(["$0.000000000000000001", "$1.00"]);
    expect(tipOf(chart, 1).rows.map((row) => row.label)).toEqual(["Total"]);
  });

  it("makes a line of each measure", () => {
    const names = ["latency_ms.p50", "latency_ms.p95"];
    const chart = prepareMeasures(answer({ total: { total: {}, series: { "latency_ms.p50": [1, null, 3], "latency_ms.p95": [4, 5, 6] } } }), names);
    expect(chart.series.map((one) => one.label)).toEqual(["P50", "P95"]);
  });
});

describe("geometry", () => {
  const chart = prepare(answer({ groups: [group("a", 0, ["1", "2", "3"]), group("b", 1, ["2", "0", "-1"])] }), { dim: "model", measure: "cost" });

  it("stacks parts without gap or overlap, negative ones downwards", () => {
    const scale = scales(chart, FRAME, true);
    const { paths } = stack(chart, scale);
    expect(paths).toHaveLength(2);
    const rows = paths.map((path) => [...path.matchAll(/M[\d.]+,([\d.-]+)H[\d.]+V([\d.-]+)/g)].map((found) => [Number(found[1]), Number(found[2])]));
    expect(rows[1]?.[0]?.[0]).toBeCloseTo(rows[0]?.[0]?.[1] ?? NaN, 1);
    expect(rows[1]?.[1]?.[1]).toBeGreaterThan(scale.y(0));
  });

  it("breaks a line at a gap, dots a lone point, dashes to the running bucket", () => {
    const shares = answer({ total: { total: {}, series: { error_share: [0.1, null, 0.3, 0.2, 0.1] } } }, 5);
    const line = linePaths(prepareMeasures(shares, ["error_share"]), scales(prepareMeasures(shares, ["error_share"]), FRAME, false))[0];
    expect(line?.solid.match(/M/g)).toHaveLength(2);
    expect(line?.dashed).toContain("L");
    expect(line?.dots).toHaveLength(1);
  });

  it("writes as many labels as fit", () => {
    const wide = prepare(answer({}, 15), { measure: "cost" });
    expect(ticks(wide, 1_200)).toHaveLength(15);
    expect(ticks(wide, 300).length).toBeLessThanOrEqual(4);
  });

  it("places a value inside its own bin", () => {
    const bins = [{ low: 0, high: 1, count: 1, label: "" }, { low: 1, high: 10, count: 1, label: "" }];
    expect(position(bins, 5.5)).toBe(1.5);
    expect(position(bins, 99)).toBe(2);
  });

  it("says how a budget stands", () => {
    expect([bulletState(1.2, 0.5), bulletState(0.6, 0.5), bulletState(0.4, 0.5), bulletState(0.9, null)]).toEqual(["over", "ahead", "within", "within"]);
  });
});

describe("downloads", () => {
  it("hold exact values, Other and total", () => {
    const chart = prepare(answer({ groups: [group("gpt", 1, ["0.000000000000000001", "0", "2"])] }), { dim: "model", measure: "cost" });
    const rows = chartRows(chart);
    expect(rows[0]).toEqual(["start", "end", "gpt", "Total", "pending calls"]);
    expect(rows[1]?.[2]).toBe("0.000000000000000001");
    expect(rows[rows.length - 1]?.[3]).toBe("6");
  });

  it("defuse formulas and quote what must be quoted", () => {
    expect(csv([["=HYPERLINK(1)", "+1", "-2.5", "@x", 'a"b,c']])).toBe(`'=HYPERLINK(1),'+1,-2.5,'@x,"a""b,c"\r\n`);
  });
});
