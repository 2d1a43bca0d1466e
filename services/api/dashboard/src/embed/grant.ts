/** What a token says of itself. Only the server decides whether it is true. Pure. */

export interface Grant {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** A link may be copied on: its token lives 15 minutes at most, and half a minute of wrong clocks. */
export const LINK_LIFE_MS = 15 * 60_000 + 30_000;
const RENEW_BEFORE_MS = 60_000;
const SOONEST_MS = 1_000;

/** Null for what is no token with an end. */
export function grantOf(token: unknown): Grant | null {
  if (typeof token !== "string") return null;
  const [, payload] = token.split(".");
  try {
    const text = atob((payload ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const { exp } = JSON.parse(text) as { exp?: unknown };
    return typeof exp === "number" && Number.isFinite(exp) ? { token, expiresAt: exp * 1_000 } : null;
  } catch {
    return null;
  }
}

/** Milliseconds until a new one is asked for: a minute before its end, or halfway there. */
export function renewIn(grant: Grant, now: number): number {
  const left = grant.expiresAt - now;
  return Math.max(SOONEST_MS, left - RENEW_BEFORE_MS, left > RENEW_BEFORE_MS ? 0 : left / 2);
}
