import { describe, expect, it } from "vitest";

import { embedOf } from "~/api/embed";
import { isTouched, touches } from "~/api/live";
import { grantOf, renewIn } from "~/embed/grant";
import { tokenOf } from "~/embed/handshake";
import { frameSnippet, nodeSnippet, pythonSnippet } from "~/pages/org/snippets";
import { lampsOf } from "~/pages/welcome/Lamps";
import { canSend, doneOf, doneWords, nextOf } from "~/pages/welcome/steps";
import { WAYS, newId, snippet } from "~/pages/welcome/snippets";

const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;

describe("a customer's frame", () => {
  it("knows itself by its path alone", () => {
    expect(["/embed/portal", "/embed/portal/orgs/acme", "/embed/x?y"].map(embedOf)).toEqual(["portal", "portal", null]);
    expect(["/", "/orgs/embed/x", "/embed/", "/embed/Upper/x"].map(embedOf)).toEqual([null, null, null, null]);
  });

  it("listens to its own host and the allowed origins alone", () => {
    const host = {};
    const event = { source: host as MessageEventSource, origin: "https://a.example", data: { type: "tracetally:token", token: "t" } };
    const told = (part: object) => tokenOf({ ...event, ...part }, host, ["https://a.example"]);
    expect(told({})).toBe("t");
    expect(told({ source: {} })).toBeNull();
    expect(told({ origin: "https://a.example.evil" })).toBeNull();
    expect(told({ data: { type: "other", token: "t" } })).toBeNull();
    expect(told({ data: { type: "tracetally:token", token: 1 } })).toBeNull();
    expect(told({ data: null })).toBeNull();
  });

  it("renews a minute before the token's own end, or halfway", () => {
    expect(grantOf(token({ exp: 100, name: "é" }))?.expiresAt).toBe(100_000);
    for (const wrong of ["", "a.b.c", token({}), token({ exp: "soon" }), 7, null]) expect(grantOf(wrong)).toBeNull();
    const grant = { token: "", expiresAt: 900_000 };
    expect(renewIn(grant, 0)).toBe(840_000);
    expect(renewIn(grant, 860_000)).toBe(20_000);
    expect(renewIn(grant, 899_900)).toBe(1_000);
  });

  it("is handed over by snippets that quote what they hold", () => {
    expect(frameSnippet("https://t.example", "portal")).toContain('src="https://t.example/embed/portal"');
    expect(frameSnippet("https://t.example", "portal")).not.toContain('"*"');
    const claims = { audience: "tracetally", orgClaim: "org", org: 'a"\n\\b' };
    for (const text of [pythonSnippet(claims), nodeSnippet(claims)]) expect(text).toContain('"a\\"\\n\\\\b"');
  });
});

describe("a first event", () => {
  const where = { ingest: "http://h:1", key: "tt_x", bootstrap: "b:9092", topic: "calls.v1" };

  it("is another one in each way, and the same when pasted twice", () => {
    const made = { id: newId(), at: "2026-11-22T10:00:00.000Z" };
    const texts = WAYS.map(([way]) => snippet(way, made, where));
    expect(texts).toEqual(WAYS.map(([way]) => snippet(way, made, where)));
    const ids = texts.map((text) => /"(?:event_id|spanId)": "([^"]+)"/.exec(text)?.[1]);
    expect(new Set(ids).size).toBe(WAYS.length);
    for (const text of texts) expect(text).not.toContain("undefined");
    expect(made.id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}8[0-9a-f]{15}$/);
  });

  it("lights its lamps in order and never guesses", () => {
    const none = { ingest_url: null, kafka: { bootstrap: "", topic: "" }, received: false, stored: false, priced: false, visible: false, event: null, error: null };
    const states = (part: object) => lampsOf({ ...none, ...part }).map((lamp) => lamp.state);
    expect(states({})).toEqual(["waiting", "waiting", "waiting", "waiting"]);
    expect(states({ received: null })[0]).toBe("unknown");
    expect(states({ received: null, stored: true }).slice(0, 2)).toEqual(["on", "on"]);
    expect(states({ received: true, stored: true, visible: true })).toEqual(["on", "on", "waiting", "on"]);
  });
});

describe("the first steps", () => {
  const none = { ingest_url: null, kafka: { bootstrap: "", topic: "" }, received: false, stored: false, priced: false, visible: false, event: null, error: null };

  it("tick as they happen, and say which is next", () => {
    const told = (part: object, hasKeys = true) => {
      const done = doneOf({ ...none, ...part }, hasKeys);
      return [nextOf(done), doneWords(done)];
    };
    expect(told({}, false)).toEqual(["keys", "0 of 4 done"]);
    expect(nextOf(doneOf(undefined, false))).toBe("keys");
    expect(told({ received: null })).toEqual(["send", "1 of 4 done"]);
    expect(told({ received: true })).toEqual(["lamps", "2 of 4 done"]);
    expect(told({ received: true, stored: true, visible: true })).toEqual(["price", "3 of 4 done"]);
    expect(told({ received: null, stored: true, visible: true, priced: true }, false)).toEqual([null, "All done: the first call has its price."]);
  });

  it("need a key that may still send", () => {
    expect([canSend(undefined), canSend([{ scopes: ["admin"] }]), canSend([{ scopes: ["ingest"], revoked_at: "2026-11-22T10:00:00Z" }])]).toEqual([false, false, false]);
    expect(canSend([{ scopes: ["read", "ingest"], revoked_at: null }])).toBe(true);
  });
});

describe("a change", () => {
  const now = new Date("2026-11-22T10:00:00Z");
  const week = { measures: [], from: "now-6d/d", to: "now", tz: "Europe/Berlin" };

  it("touches what shows its day, in any zone, or compares with it", () => {
    expect(touches(week, ["2026-11-22"], now)).toBe(true);
    expect(touches(week, ["2026-11-15"], now)).toBe(true); // its end is 16 November in Berlin
    expect(touches(week, ["2026-11-10"], now)).toBe(false);
    expect(touches({ ...week, compare: "previous" }, ["2026-11-10"], now)).toBe(true);
    expect(touches({ ...week, compare: "year" }, ["2025-11-20"], now)).toBe(true);
    expect(touches({ ...week, from: "2026-10-01T00:00", to: "2026-10-02T00:00" }, ["2026-11-22"], now)).toBe(false);
  });

  it("asks again for touched questions, and for those without a range", () => {
    const days = ["2026-11-22"];
    expect(isTouched(["batch", [{ ...week, from: "2026-01-01", to: "2026-01-02" }, week]], days, now)).toBe(true);
    expect(isTouched(["batch", [{ ...week, from: "2026-01-01", to: "2026-01-02" }]], days, now)).toBe(false);
    expect(isTouched(["get", "/v1/health/data"], days, now)).toBe(true);
    expect(isTouched(["get", "/v1/spend?from=2026-01-01T00:00&to=2026-01-02T00:00&tz=UTC"], days, now)).toBe(false);
    expect(isTouched(["session"], days, now)).toBe(false);
  });
});
