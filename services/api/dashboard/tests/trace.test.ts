import { describe, expect, it } from "vitest";

import { configurations, preset } from "~/pages/compare/sides";
import { readAsked, searchPath, unusable } from "~/pages/conversations/asked";
import { originalText } from "~/pages/pending/original";
import { type BookRecord, differences, recordOf } from "~/pages/prices/record";
import { dearest, nextError, visible } from "~/pages/trace/layout";
import type { Step } from "~/pages/trace/types";
import { defaults } from "~/state/address";

import { answer } from "./answer";

const NOW = new Date("2026-11-22T12:00:00Z");

function step(id: string, depth: number, at: number, more: Partial<Step> = {}): Step {
  const known = { event_id: id, depth, started_at: new Date(NOW.getTime() + at).toISOString(), duration_ms: 100, status: "ok", is_counted: true, cost: null };
  return { ...known, ...more } as Step;
}

describe("a trace", () => {
  const steps = [step("root", 0, 0, { duration_ms: 1_000 }), step("a", 1, 0), step("aa", 2, 100, { status: "error" }), step("b", 1, 500, { cost: "0.2", duration_ms: 500 })];

  it("places every step by its time and hides what is folded", () => {
    expect(visible(steps, new Set()).map((row) => [row.step.event_id, row.left, row.width, row.hasChildren])).toEqual([
      ["root", 0, 1, true], ["a", 0, 0.1, true], ["aa", 0.1, 0.1, false], ["b", 0.5, 0.5, false],
    ]);
    expect(visible(steps, new Set(["a"])).map((row) => row.step.event_id)).toEqual(["root", "a", "b"]);
  });

  it("finds the dearest counted step and the next error, around the ends", () => {
    expect(dearest([...steps, step("twin", 1, 0, { cost: "9", is_counted: false })], (one) => one.cost)?.event_id).toBe("b");
    const rows = visible(steps, new Set());
    expect([nextError(rows, 0, 1), nextError(rows, 3, 1), nextError(rows, 0, -1), nextError(rows.slice(0, 1), 0, 1)]).toEqual([2, 2, 2, 0]);
  });
});

describe("a search", () => {
  it("resolves the range and carries the filters, also those that leave out", () => {
    const filters = [{ dim: "org", not: false, values: ["acme", "globex"] }, { dim: "model", not: true, values: ["m"] },
      { dim: "user", not: true, values: [] }, { dim: "status", not: false, values: ["error"] }, { dim: "token_category", not: false, values: ["input"] }];
    const address = { ...defaults("UTC"), from: "now-7d/d", filters };
    const path = new URL(`http://x${searchPath(address, readAsked({ show: "traces", order: "recent", min: "0.5" }), NOW)}`);
    expect(path.pathname).toBe("/v1/traces");
    expect(path.searchParams.get("from")).toBe("2026-11-15T00:00");
    expect(path.searchParams.getAll("where").map((one): unknown => JSON.parse(one))).toEqual([
      { dim: "org", in: ["acme", "globex"] }, { dim: "model", not_in: ["m"] }, { dim: "user", is_null: false },
    ]);
    expect([path.searchParams.get("status"), path.searchParams.get("min_cost")]).toEqual(["error", "0.5"]);
    expect(unusable(address)).toEqual(["token_category"]);
  });

  it("takes nothing it does not know from the address", () => {
    expect(readAsked({ show: "x", order: "x", status: "x", min: "1e9", q: "a".repeat(300) })).toEqual({ subject: "conversations", order: "cost", status: "", least: "", text: "a".repeat(200) });
  });
});

describe("a price", () => {
  const fields = { provider: "openai", model: "m", scope: "", from: "2026-11-01T00:00", input: "2.50", cacheRead: "", output: "", reason: "", isRetroactive: false };

  it("leaves out what is left empty: unknown is not zero", () => {
    expect(recordOf(fields)).toMatchObject({ kind: "price", scope: "*", rates: { input: { price: "2.50", per: 1_000_000 } } });
    expect(Object.keys((recordOf(fields) as { rates: object }).rates)).toEqual(["input"]);
  });

  it("says what is missing", () => {
    expect(recordOf({ ...fields, from: "2026-11-01T00:00" })).toMatchObject({ effective_from: "2026-11-01T00:00:00Z" }); // in any zone
    expect(recordOf({ ...fields, input: "" })).toContain("At least one price");
    expect(recordOf({ ...fields, input: "2,50" })).toContain("2,50 is not a decimal");
    expect(recordOf({ ...fields, model: " " })).toContain("model");
  });

  it("tells what a version changed", () => {
    const [old, next] = [recordOf(fields), recordOf({ ...fields, input: "3", output: "9" })] as [BookRecord, BookRecord];
    expect(differences(old, next)).toEqual([{ name: "input", before: "2.50 per 1M", after: "3 per 1M" }, { name: "output", before: "—", after: "9 per 1M" }]);
  });
});

describe("comparing", () => {
  const of = (assistant: string, version: string, cost: string) => ({ key: { assistant, assistant_version: version }, slot: 0, total: { cost } });

  it("sets the two newest versions of the dearest assistant against each other", () => {
    const options = configurations(answer({ groups: [of("a", "9", "1"), of("b", "2", "3"), of("b", "10", "1"), of("b", "9", "1")] }));
    expect(options).toEqual(["b@10", "b@9", "b@2", "a@9"]);
    expect(preset(options, {})).toEqual({ a: "b@9", b: "b@10" });
    expect(preset(options, { a: "a@9" })).toEqual({ a: "a@9", b: "b@10" });
    expect(preset(["only"], {})).toBeNull();
  });
});

describe("a dead letter", () => {
  it("shows its bytes as text, and survives what is none", () => {
    expect([originalText("eyJhIjogMX0="), originalText("/w=="), originalText("%")]).toEqual(['{"a": 1}', "�", ""]);
  });
});
