/** Questions as an address: what browsers keep, and ask whether it changed, also after a reload. Pure. */
import type { Query } from "./types";

/** Longer lines are refused by proxies. */
const PATH_MAX = 8_000;

/** Of JSON as base64url, which needs no escaping. */
function encoded(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Null for what is too long for an address: it is posted, and never kept. */
export function batchPath(queries: readonly Query[]): string | null {
  const path = `/v1/query/batch?q=${encoded({ queries })}`;
  return path.length <= PATH_MAX ? path : null;
}
