import { describe, expect, it } from "vitest";

import { type Address, defaults, filterText, parseFilter, parseSearch, readAddress, whereOf, withFilter, writeAddress, writeSearch } from "~/state/address";
import { drilled, queryOf } from "~/state/useAddress";
import { safeNext } from "~/pages/login/Login";

const BASE = defaults("Europe/Berlin");

function read(text: string) {
  return readAddress(parseSearch(text), BASE);
}

describe("the address is the whole state", () => {
  const states: Partial<Address>[] = [
    {},
    { from: "2026-11-15T00:00", to: "2026-11-22T00:00", tz: "Asia/Kathmandu" },
    { cmp: "none", by: "provider", currency: "EUR" },
    { filters: [{ dim: "org", not: false, values: ["acme", "a,b%2C", "Ünï:'\"&=#🦊"] }, { dim: "environment", not: true, values: ["test"] }, { dim: "user", not: false, values: [] }] },
  ];

  it.each(states)("reads back what it wrote: %j", (part) => {
    const address = { ...BASE, ...part };
    const { address: again, problems } = read(writeSearch(writeAddress(address, BASE)));
    expect(again).toEqual(address);
    expect(problems).toEqual([]);
  });

  it("keeps a page's own parameters and leaves defaults out", () => {
    expect(writeAddress(BASE, BASE, { m: "calls", from: "now/d", f: ["org:x"] })).toEqual({ m: "calls" });
  });

  it("stays readable", () => {
    const address = { ...BASE, from: "now-7d/d", filters: [{ dim: "org", not: false, values: ["acme", "globex"] }] };
    expect(writeSearch(writeAddress(address, BASE))).toBe("?from=now-7d/d&f=org:acme,globex");
  });

  it.each(["from=yesterday", "tz=Mars/Base", "cmp=sometimes", "by=colour", "currency=dollars", "f=acme"])("names %s, which it cannot use", (text) => {
    const { address, problems } = read(`?${text}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(text.split("=")[1]);
    expect(address).toEqual(BASE);
  });
});

describe("filters", () => {
  it.each(["org:acme,globex", "!environment:test", "user:", "!user:"])("%s reads back", (text) => {
    const filter = parseFilter(text);
    expect(filter && filterText(filter)).toBe(text);
  });

  it("become conditions of a question", () => {
    const filters = ["org:a,b", "!environment:test", "user:", "!feature:"].flatMap((text) => parseFilter(text) ?? []);
    expect(whereOf(filters)).toEqual([
      { dim: "org", in: ["a", "b"] }, { dim: "environment", not_in: ["test"] }, { dim: "user", is_null: true }, { dim: "feature", is_null: false },
    ]);
  });

  it("are narrowed by a click, and exclusions add up", () => {
    const org = { dim: "org", not: false, values: ["a", "b"] };
    const one = { dim: "org", not: false, values: ["a"] };
    const other = { dim: "org", not: true, values: ["c"] };
    expect(withFilter([org], one)).toEqual([one]);
    expect(withFilter([other], { ...other, values: ["d"] })).toHaveLength(2);
  });
});

describe("a drill", () => {
  it("carries every filter and the whole bucket", () => {
    const address = { ...BASE, filters: [{ dim: "environment", not: true, values: ["test"] }] };
    const bucket = { start: "2026-11-15T00:00:00+01:00", end: "2026-11-16T00:00:00+01:00" };
    const to = { ...address, ...drilled(address, { where: [{ dim: "model", in: ["gpt-4o"] }], bucket }) };
    expect(queryOf(to, { measures: ["cost"] })).toMatchObject({
      from: "2026-11-15T00:00", to: "2026-11-16T00:00", tz: "Europe/Berlin",
      where: [{ dim: "environment", not_in: ["test"] }, { dim: "model", in: ["gpt-4o"] }],
    });
  });

  it("into Other asks for all but the members shown", () => {
    const part = drilled(BASE, { where: [{ dim: "model", not_in: ["a", "b"] }] });
    expect(part.filters).toEqual([{ dim: "model", not: true, values: ["a", "b"] }]);
  });
});

describe("where sign-in leads", () => {
  it.each([["/explore?m=calls", "/explore?m=calls"], ["//evil.example", "/"], ["/\\evil.example", "/"], ["https://evil.example", "/"], [undefined, "/"]])("%s", (next, to) => {
    expect(safeNext(next)).toBe(to);
  });
});
