/** Refresh by the server's word: it names the days that changed, and only what shows them asks again; all does when an org, a price or a closed month has. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { resolve, wallNow } from "~/state/range";

import { Problem } from "./client";
import { listen } from "./stream";
import type { Query } from "./types";

const CHANGES = "/v1/changes";
/** A stream that ended, as a token's does with the token, or broke. */
const SOON_MS = 3_000;
const REFUSED_SECONDS = 60;
/** The server says something every 15 seconds. */
const SILENCE_MS = 45_000;
const DAY_MS = 86_400_000;
/** A UTC day reaches into at most the local days beside it. */
const ZONES_MS = DAY_MS;

export interface Asked {
  from: string;
  to: string;
  tz: string;
  compare?: unknown;
}

/** Whether a question's range, or the one it is compared with, can hold rows of one of these UTC days. Pure. */
export function touches({ from, to, tz, compare }: Asked, days: readonly string[], now: Date): boolean {
  const at = wallNow(now, tz);
  const [start, end] = [from, to].map((text) => Date.parse(`${resolve(text.slice(0, 16), at)}Z`));
  if (start === undefined || end === undefined || Number.isNaN(start) || Number.isNaN(end)) return true;
  const back = compare === "year" ? 366 * DAY_MS : compare === "week" ? 7 * DAY_MS : compare ? end - start : 0;
  return days.some((day) => {
    const first = Date.parse(`${day}T00:00Z`);
    return first + DAY_MS + ZONES_MS > start - back && first - ZONES_MS < end;
  });
}

/** The range in the parameters of a path; null for what has none: that is asked again at every change. */
function rangeOf(path: string): Asked | null {
  const parts = new URLSearchParams(path.split("?")[1] ?? "");
  const [from, to] = [parts.get("from"), parts.get("to")];
  return from && to ? { from, to, tz: parts.get("tz") ?? "UTC", compare: "previous" } : null;
}

/** Keys are `["batch", queries]`, `["explain", query]` and `["get", path]`. Pure. */
export function isTouched(key: readonly unknown[], days: readonly string[], now: Date): boolean {
  const [kind, asked] = key;
  if (kind === "batch") return (asked as Query[]).some((one) => touches(one, days, now));
  if (kind === "explain") return touches(asked as Asked, days, now);
  if (kind !== "get" || typeof asked !== "string") return false;
  const range = rangeOf(asked);
  return range === null || touches(range, days, now);
}

let isLive = false;
const listeners = new Set<() => void>();

function tell(next: boolean): void {
  if (next === isLive) return;
  isLive = next;
  for (const listener of listeners) listener();
}

/** True while the stream is open: then nothing need be asked by the clock. */
export function useIsLive(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => isLive);
}

/** Refreshes never overlap: what is being asked right now may be of before the change, so it is asked once more after. */
async function refresh(client: QueryClient, data: string): Promise<void> {
  const { days, also = [] } = JSON.parse(data) as { days: string[]; also?: string[] };
  const now = new Date();
  const touched = { predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => also.length > 0 || isTouched(queryKey, days, now) };
  const isAsking = client.isFetching(touched) > 0;
  await client.invalidateQueries(touched, { cancelRefetch: false });
  if (isAsking) await client.invalidateQueries(touched, { cancelRefetch: false });
}

/** What happened while nobody listened is asked for once, when the stream is open again. */
function catchUp(client: QueryClient): void {
  void client.invalidateQueries({ stale: true }, { cancelRefetch: false });
}

function follow(client: QueryClient): () => void {
  let open: AbortController | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(again);
    open?.abort();
    open = null;
    tell(false);
  };
  const begin = async (isFirst: boolean) => {
    const own = new AbortController();
    open = own;
    let wait = SOON_MS;
    try {
      await listen(CHANGES, {
        signal: own.signal,
        silenceMs: SILENCE_MS,
        onOpen: () => {
          tell(true);
          if (!isFirst) catchUp(client);
        },
        onEvent: ({ event, data }) => {
          if (event === "changed") void refresh(client, data);
        },
      });
    } catch (error) {
      if (error instanceof Problem && error.status > 0) wait = (error.retryAfterSeconds ?? REFUSED_SECONDS) * 1_000;
    }
    if (open !== own) return;
    tell(false); // the clock takes over until then
    again = setTimeout(() => void begin(false), wait);
  };
  const look = () => {
    if (document.hidden) close();
    else if (!open) {
      void begin(true);
      catchUp(client);
    }
  };
  document.addEventListener("visibilitychange", look);
  if (!document.hidden) void begin(true);
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}

/** Follows the stream while the page is visible; where there is none, questions are asked by the clock. */
export function useLive(isOffered: boolean, org: string | null): void {
  const client = useQueryClient();
  useEffect(() => (isOffered ? follow(client) : undefined), [isOffered, org, client]); // each org hears of its own days
}
