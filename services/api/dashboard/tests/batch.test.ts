import { describe, expect, it } from "vitest";

import { batchPath } from "~/api/batch";
import { overviewQueries } from "~/pages/overview/queries";
import { defaults } from "~/state/address";

describe("questions as an address", () => {
  const query = { measures: ["cost"], from: "now-7d/d", to: "now", tz: "UTC", where: [{ dim: "user", in: ["Ünï ?&#🦊"] }] };

  it("tells them as base64url of UTF-8", () => {
    const text = batchPath([query])?.split("?q=")[1] ?? "";
    expect(text).toMatch(/^[\w-]+$/);
    expect(JSON.parse(Buffer.from(text, "base64url").toString())).toEqual({ queries: [query] });
  });

  it("holds all of the overview, and leaves what proxies refuse to a body", () => {
    const filters = [{ dim: "org", not: false, values: ["acme", "globex"] }];
    expect(batchPath(Object.values(overviewQueries({ ...defaults("America/Argentina/Buenos_Aires"), filters }, "provider")))).not.toBeNull();
    const many = Array.from({ length: 100 }, (_, n) => `organisation-${n}`.repeat(8));
    expect(batchPath([{ ...query, where: [{ dim: "org", in: many }] }])).toBeNull();
  });
});
