import { describe, expect, it } from "vitest";

import { isBehind, latest, overlaid, published, textOf } from "~/pages/settings/ahead";
import { type Fields, type OrgRecord, fieldsOf, flawsOf, inputOf, keptWords, merged, monthIn, tidied } from "~/pages/settings/orgs";

const ACME: OrgRecord = {
  org_id: "acme", name: "Acme Inc.", plan: "pro", currency: "EUR", timezone: "Europe/Berlin", monthly_budget: "120.00",
  monthly_revenue: { "2026-09": "400.00", "2026-10": "490.00" }, metadata: { crm: "17", brand_light: "#0a4d2c", brand_dark: "#7fe0b0" },
};
const OPENED = fieldsOf(ACME);
const NONE = fieldsOf(null);
const typed = (part: Partial<Fields>): Fields => ({ ...OPENED, ...part });
const added = (part: Partial<Fields>): Fields => ({ ...NONE, id: "new", ...part });

describe("an org's form", () => {
  it("publishes the record as it was where nothing was changed", () => {
    expect(textOf(merged(ACME, OPENED, OPENED))).toBe(textOf(ACME));
    const bare: OrgRecord = { org_id: "bare" };
    expect(merged(bare, fieldsOf(bare), fieldsOf(bare))).toEqual(bare);
  });

  it("keeps other months' revenue, other metadata and fields it does not know", () => {
    const read = { ...ACME, since: 2024 };
    const record = merged(read, OPENED, typed({ plan: "team", revenue: { ...OPENED.revenue, "2026-11": "510.000000000000000001" }, light: "#123456" }));
    expect(record).toEqual({
      ...read, plan: "team", monthly_revenue: { ...ACME.monthly_revenue, "2026-11": "510.000000000000000001" },
      metadata: { crm: "17", brand_light: "#123456", brand_dark: "#7fe0b0" },
    });
  });

  it("keeps what somebody else has published since it was opened", () => {
    const now = { ...ACME, name: "Acme Ltd.", monthly_revenue: { "2026-08": "1", "2026-10": "500" }, metadata: { crm: "18" } };
    const record = merged(now, OPENED, typed({ budget: "130", revenue: { ...OPENED.revenue, "2026-11": "2" } }));
    expect(record).toEqual({ ...now, monthly_budget: "130", monthly_revenue: { "2026-08": "1", "2026-10": "500", "2026-11": "2" } });
  });

  it("takes out what was emptied, and nothing else", () => {
    const record = merged(ACME, OPENED, typed({ plan: "", budget: "", light: "", dark: "", revenue: { "2026-09": "", "2026-10": "490.00" } }));
    expect(record).toEqual({ org_id: "acme", name: "Acme Inc.", currency: "EUR", timezone: "Europe/Berlin", monthly_revenue: { "2026-10": "490.00" }, metadata: { crm: "17" } });
  });

  it("writes a new record without what was left empty", () => {
    expect(merged(null, NONE, added({ name: "New" }))).toEqual({ org_id: "new", name: "New", currency: "USD", timezone: "UTC" });
  });

  it("refuses what the registry or the page could not use, at its field", () => {
    const wrong = added({ id: "a/b", currency: "dollars", timezone: "+01:00", budget: "1,000", revenue: { "2026-11": "1e3" }, light: "#ffff00", logo: "data:image/svg+xml;base64,AAAA" });
    expect(flawsOf(NONE, wrong)).toEqual({
      id: "An id with / cannot be addressed.", currency: "Three letters such as USD are needed.", timezone: "An IANA zone such as Europe/Berlin is needed.",
      budget: "1,000 is not a decimal such as 490.00.", revenue: "2026-11: 1e3 is not a decimal such as 490.00.",
      light: "Cannot be read on the light ground: its contrast is 1.0, 4.5 is needed.", dark: "Needed, too: a brand has a colour for each ground.", logo: "A PNG is needed.",
    });
    expect(flawsOf(NONE, added({}))).toEqual({});
    expect(Object.keys(flawsOf(OPENED, typed({ light: "" })))).toEqual(["light"]);
  });

  it("does not judge what stood there before", () => {
    const old = fieldsOf({ ...ACME, timezone: "Mars/Olympus", metadata: { brand_light: "red", brand_logo: "gif" } });
    expect(flawsOf(old, { ...old, plan: "team" })).toEqual({});
  });

  it("spells currency and zone as they are, and drops blanks around", () => {
    const form = tidied(typed({ id: " acme ", currency: " usd", timezone: "europe/paris ", revenue: { "2026-11": " 5 " } }), ["UTC", "Europe/Paris"]);
    expect([form.id, form.currency, form.timezone, form.revenue]).toEqual(["acme", "USD", "Europe/Paris", { "2026-11": "5" }]);
  });

  it("finds the input of a field that the API refused", () => {
    const fields = ["org_id", "monthly_budget", "monthly_revenue.2026-13.[key]", "metadata.brand_dark", "metadata.crm", "surprise", undefined];
    expect(fields.map(inputOf)).toEqual(["id", "budget", "revenue", "dark", null, null, null]);
  });

  it("knows the month in the org's own zone, and how many others are kept", () => {
    const midnight = new Date("2026-11-30T23:30:00Z");
    expect(["Europe/Berlin", "UTC", undefined, "Mars/Olympus"].map((zone) => monthIn(zone, midnight))).toEqual(["2026-12", "2026-11", "2026-11", "2026-11"]);
    expect(keptWords(OPENED.revenue, "2026-11")).toBe("2 more months are kept: 2026-09 to 2026-10.");
    expect([keptWords(OPENED.revenue, "2026-10"), keptWords({ "2026-11": "1" }, "2026-11")]).toEqual(["1 more month is kept: 2026-09.", ""]);
  });
});

describe("a record on its way through Kafka", () => {
  const [second, third] = [{ ...ACME, plan: "team" }, { ...ACME, plan: "team", name: "Acme" }];

  it("stands in for the old one until it, or a later one, is read", () => {
    const ahead = published(ACME, undefined, second);
    expect(latest(ACME, ahead)).toBe(second);
    expect(latest({ ...third }, ahead)).toEqual(third);
    expect(isBehind({ ...second, metadata: { ...second.metadata } }, ahead)).toBe(false);
    expect(latest(ACME, undefined)).toBe(ACME);
  });

  it("is not undone by one published before that arrives late", () => {
    const ahead = published(ACME, published(ACME, undefined, second), third);
    expect([ACME, second, third].map((read) => latest(read, ahead)?.name)).toEqual(["Acme", "Acme", "Acme"]);
    expect(isBehind(third, ahead)).toBe(false);
  });

  it("is gone from the list as soon as it is taken off, and back when it is published again", () => {
    const gone = published(ACME, undefined, null);
    expect([latest(ACME, gone), latest(null, gone), isBehind(null, gone)]).toEqual([null, null, false]);
    expect(overlaid([ACME, { org_id: "globex" }], new Map([["acme", gone]]), true)).toEqual([{ org_id: "globex" }]);
    expect(overlaid([], new Map([["acme", gone]]), true)).toEqual([]);
    expect(latest(ACME, published(ACME, gone, second))).toBe(second);
  });

  it("is shown in the list where it belongs", () => {
    const [globex, ahead] = [{ org_id: "globex" }, new Map([["acme", published(ACME, undefined, second)], ["bolt", published(null, undefined, { org_id: "bolt" })], ["zeta", published(null, undefined, { org_id: "zeta" })]])];
    expect(overlaid([ACME, globex], ahead, true).map((one) => one.org_id)).toEqual(["acme", "bolt", "globex", "zeta"]);
    expect(overlaid([ACME, globex], ahead, false).map((one) => one.org_id)).toEqual(["acme", "bolt", "globex"]);
    expect(overlaid([ACME], ahead, true)[0]).toBe(second);
  });
});
