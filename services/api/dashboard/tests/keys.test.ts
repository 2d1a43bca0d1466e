import { describe, expect, it } from "vitest";

import { type Key, bodyOf, flawsOf, inFull, inShort, inputOf, orgOf } from "~/pages/settings/keys";

const FILLED = {
  key_id: " gateway ", scope: "ingest", org_id: "", project: "shop", content: "on", "content.chars_max": "20000", "content.redact_paths": "$..email\n\n $.a \r\n",
  "content.redact_patterns": "\\d{16}\n  x", "lookups.org_id": "acme.tenant, acme.context|tenant.id,, acme.tenant", "lookups.user_id": " , ",
};
const KEY: Key = { key_id: "test", scopes: ["ingest"], source: "api" };

describe("a key's form", () => {
  it("asks for what was told, and leaves the rest to the API", () => {
    expect(bodyOf({ key_id: "k", scope: "read", org_id: " ", project: "" })).toEqual({ key_id: "k", scopes: ["read"] });
    expect(bodyOf({ key_id: "k", scope: "ingest read", org_id: "", project: "" }).scopes).toEqual(["ingest", "read"]);
    expect(bodyOf(FILLED)).toEqual({
      key_id: "gateway", scopes: ["ingest"], project: "shop", lookups: { org_id: ["acme.tenant", "acme.context|tenant.id"] },
      content: { chars_max: 20_000, redact_paths: ["$..email", "$.a"], redact_patterns: ["\\d{16}", "  x"], detect_pii: false },
    });
  });

  it("keeps no content unless that was ticked", () => {
    expect(bodyOf({ ...FILLED, content: undefined }).content).toBeUndefined();
    expect(bodyOf({ key_id: "k", content: "on", "content.detect_pii": "on" }).content).toEqual({ chars_max: 65_536, redact_paths: [], redact_patterns: [], detect_pii: true });
  });

  it("refuses what is wrong anyway, at its field", () => {
    expect(flawsOf(bodyOf(FILLED))).toEqual({});
    for (const wrong of ["", "a b", "ä", "x".repeat(65)]) expect(Object.keys(flawsOf(bodyOf({ key_id: wrong })))).toEqual(["key_id"]);
    for (const wrong of ["", "0", "1.5", "1e7", "many"]) expect(Object.keys(flawsOf(bodyOf({ ...FILLED, "content.chars_max": wrong })))).toEqual(["content.chars_max"]);
  });

  it("finds the input of a field that the API refused", () => {
    const fields = ["content.redact_patterns.0", "lookups.org_id.1", "key_id", "scopes", undefined];
    expect(fields.map(inputOf)).toEqual(["content.redact_patterns", "lookups.org_id", "key_id", "scope", ""]);
  });
});

describe("a key in the list", () => {
  it("tells in short what it does besides", () => {
    const content = { chars_max: 65_536, redact_paths: ["$..email"], redact_patterns: [], detect_pii: true };
    expect(inShort(KEY)).toEqual([]);
    expect(inShort({ ...KEY, project: "default", lookups: {}, content: null })).toEqual([]);
    expect(inShort({ ...KEY, project: "shop", lookups: { org_id: ["a"], user_id: ["b"] }, content })).toEqual(["project shop", "2 look-ups", "keeps content"]);
    expect(inFull({ ...KEY, lookups: { org_id: ["a", "b|c"] }, content })).toEqual([
      ["Project", "default"], ["Organisation from", "a, b|c"], ["Content is cut after", "65,536 characters"], ["Paths replaced", "$..email"],
      ["Patterns replaced", "none"], ["Personal data", "is found and replaced"],
    ]);
    expect([orgOf(KEY), orgOf({ ...KEY, org_id: "*" }), orgOf({ ...KEY, org_id: "acme" })]).toEqual(["all", "all", "acme"]);
  });
});
