import { describe, expect, it } from "vitest";

import type { Group } from "~/api/types";
import { percent } from "~/format/measures";
import { type Explanation, waitingWords } from "~/pages/explain/explanation";
import { configured } from "~/pages/org/configurations";
import { exploreQueries, readAsked } from "~/pages/explore/asked";
import { brandOf, contrast } from "~/pages/org/brand";
import { monthPace } from "~/pages/org/Budget";
import { dayLines, lastSettled } from "~/pages/org/days";
import { orgQueries } from "~/pages/org/queries";
import { budgetWords } from "~/pages/overview/Budgets";
import { movers } from "~/pages/overview/Cuts";
import { inFlight, isBalanced } from "~/pages/overview/Health";
import { changeOf } from "~/pages/overview/Repricings";
import { changeText } from "~/pages/overview/Tiles";
import { overviewQueries } from "~/pages/overview/queries";
import { spendPath, typedPath, unapplied } from "~/pages/overview/spend";
import { defaults } from "~/state/address";

import { answer } from "./answer";

const ADDRESS = { ...defaults("UTC"), filters: [{ dim: "environment", not: true, values: ["test"] }] };

describe("the overview", () => {
  it("asks everything in one batch, every question under the same filters", () => {
    const queries = Object.values(overviewQueries(ADDRESS, "provider"));
    expect(queries.length).toBeLessThanOrEqual(24);
    for (const query of queries) {
      expect(query.where).toContainEqual({ dim: "environment", not_in: ["test"] });
      expect(query.measures.length).toBeLessThanOrEqual(6);
    }
  });

  it("hands typed endpoints every filter they can apply, and names the others", () => {
    const filters = [...ADDRESS.filters, { dim: "org", not: false, values: ["acme"] }, { dim: "token_category", not: false, values: ["input"] }];
    const address = { ...ADDRESS, filters };
    const where = (path: string) => new URL(`http://x${path}`).searchParams.getAll("where").map((one): unknown => JSON.parse(one));
    const [test, org] = [{ dim: "environment", not_in: ["test"] }, { dim: "org", in: ["acme"] }];
    expect([where(spendPath(address)), unapplied(address)]).toEqual([[test, org], ["token_category:input"]]);
    expect([where(typedPath("/v1/margins", address, {}, ["org"])), unapplied(address, ["org"])]).toEqual([[org], ["!environment:test", "token_category:input"]]);
  });

  it("tells a change from nothing as new, and never divides by it", () => {
    expect([changeText("3", "0"), changeText("0", "0"), changeText("3", "2"), changeText("1", "2")]).toEqual(["new", "unchanged", "+50%", "−50%"]);
  });

  it("shows movers by money, exact", () => {
    const one = (org: string, cost: string) => ({ key: { org }, slot: 0, total: { cost } });
    const found = movers(answer({ groups: [one("a", "0.30"), one("b", "1")], previous: { groups: [one("a", "0.1")], total: { total: { cost: "0.1" } } } }));
    expect(found.map((row) => row.change)).toEqual(["0.2", "1"]);
  });

  it("balances what was received, or says it does not", () => {
    const health = { received: 10, stored: 7, duplicates: 2, dead: 3, dead_lines: 1, pending: 0, conflicts: 0, unattributed: 0, lag_seconds: 1, as_of: null, topics: [], last_price: null };
    expect([inFlight(health), isBalanced(health)]).toEqual([0, true]);
    expect(isBalanced({ ...health, stored: 6 })).toBe(false);
    expect(isBalanced({ ...health, stored: 6, topics: [{ topic: "priced.v1", behind: 1 }] })).toBe(true);
    expect(isBalanced({ ...health, stored: 9 })).toBe(false);
  });

  it("sums a repricing exactly, in its own currency", () => {
    const rows = [{ currency: "USD", cost_before: "0.1", cost_after: "0.3" }, { currency: "USD", cost_before: "0.2", cost_after: "0.1" }, { currency: "EUR", cost_before: "9", cost_after: "1" }];
    expect(changeOf({ changes: rows }, "USD")).toEqual({ before: "0.3", after: "0.4", difference: "0.1" });
  });

  it("says in words how a budget stands", () => {
    const budget = { org: "a", currency: "USD", budget: "10", spent: "5", pending_calls: 0, used_share: 0.5, elapsed_share: 0.6, runs_out_on: null };
    const parts = [{}, { elapsed_share: 0.4 }, { used_share: 1.1 }, { runs_out_on: "2026-11-28" }, { used_share: null }];
    expect(parts.map((part) => budgetWords({ ...budget, ...part })))
      .toEqual(["within pace", "ahead of pace", "over budget", "runs out on 2026-11-28", "not known"]);
  });
});

describe("explore", () => {
  it("names parameters it cannot use", () => {
    expect(readAsked({ m: "colour", i: "day" })).toEqual({ measure: "cost", interval: "day", problem: "m=colour cannot be used; the defaults are shown" });
  });

  it("orders by an additive measure, also where it shows another", () => {
    const { chart } = exploreQueries(ADDRESS, { measure: "latency_ms.p95", interval: "day", problem: "" });
    expect(chart.by).toEqual([{ dim: "model", top: 7, order: "calls" }]);
    expect(chart.measures).toEqual(["latency_ms.p95", "calls"]);
  });
});

describe("a customer's page", () => {
  it("asks for its own org alone, and for nothing internal", () => {
    const address = { ...ADDRESS, filters: [{ dim: "org", not: false, values: ["globex"] }] };
    for (const query of Object.values(orgQueries(address, "acme", { measure: "charge", dim: "feature" }))) {
      expect(query.where?.filter((one) => one.dim === "org")).toEqual([{ dim: "org", in: ["acme"] }]);
      for (const name of query.measures) expect(name).not.toMatch(/^(cost|margin|revenue|cache_saved)/);
    }
  });

  it("says of each day whether it can still change", () => {
    const days = dayLines(answer({ as_of: "2026-11-18T12:00:00Z", total: { total: {}, series: { charge: ["1", "2", "3"] }, pending_calls: [0, 4, 0] } }));
    expect(days.map((day) => [day.date, day.status])).toEqual([["2026-11-17", "running"], ["2026-11-16", "pending 4"], ["2026-11-15", "settled"]]);
    expect(lastSettled(days)).toBe("2026-11-15");
  });

  it("takes colours that can be read, and nothing else from a brand", () => {
    expect(brandOf({ brand_light: "#0a4d2c", brand_dark: "#7fe0b0" }).style).toEqual({ "--accent": "light-dark(#0a4d2c, #7fe0b0)" });
    for (const light of ["#ffff00", "red", "#0a4d2c;background:url(x)", ""]) expect(brandOf({ brand_light: light, brand_dark: "#7fe0b0" }).style).toEqual({});
    expect(brandOf({ brand_logo: "data:image/svg+xml;base64,AAAA" }).logo).toBeNull();
    expect(brandOf({ brand_logo: "data:image/png;base64,AAAA" }).logo).not.toBeNull();
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  });

  it("knows how much of a month is gone", () => {
    const { elapsed, daysLeft } = monthPace(new Date("2026-11-16T00:00:00Z"));
    expect([elapsed, daysLeft]).toEqual([0.5, 14]);
  });
});

describe("configurations", () => {
  it("are versions of an assistant, never of all of them", () => {
    const one = (assistant: string | null, version: string | null | undefined, charge: string): Group =>
      ({ key: { assistant, ...(version === undefined ? {} : { assistant_version: version }) }, slot: 0, total: { charge }, is_other: version === undefined });
    const { answer: shown, whereOf } = configured(answer({ groups: [one("writer", "1", "2"), one("writer", undefined, "5"), one("coder", "1", "3"), one(null, null, "1")] }));
    expect(shown.groups.map((group) => group.key.assistant)).toEqual(["writer, other versions", "coder@1", "writer@1", "(none)"]);
    expect(whereOf("coder@1")).toEqual([{ dim: "assistant", in: ["coder"] }, { dim: "assistant_version", in: ["1"] }]);
    expect(whereOf("(none)")).toEqual([{ dim: "assistant", is_null: true }, { dim: "assistant_version", is_null: true }]);
    expect(whereOf("Other (3)")).toEqual([{ dim: "assistant", not_in: ["writer", "coder"] }, { dim: "assistant", is_null: false }]);
  });
});

describe("shares", () => {
  it("are never told as zero when they are not", () => {
    expect([0, 0.0003, 0.0006, -0.0001, 0.123].map(percent)).toEqual(["0%", "<0.1%", "0.1%", "−<0.1%", "12.3%"]);
  });
});

describe("why a cost changed", () => {
  it("counts the calls that wait, in both periods, or says nothing", () => {
    const waiting = (before: number, after: number) => waitingWords({ pending_calls: { before, after } } as Explanation);
    expect(waiting(0, 1412)).toBe("Calls that wait for a price: 1,412 in this period, 0 in the one before.");
    expect(waiting(3, 0)).toContain("0 in this period, 3 in the one before");
    expect(waiting(0, 0)).toBe("");
  });
});
