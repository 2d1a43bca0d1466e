/** The org registry: read by pages, written as whole records. */
import { type QueryClient, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";

import { Problem, ask, queryString } from "~/api/client";

import { type Ahead, isBehind, latest, overlaid, published, textOf } from "./ahead";
import { type Fields, type OrgRecord, merged } from "./orgs";

interface Page {
  orgs: OrgRecord[];
  next: string | null;
}

const PAGE = 100;
const REFRESH_MS = 60_000;
const LOOK_MS = 1_000;
const LOOKS_MAX = 30;

let ahead: ReadonlyMap<string, Ahead> = new Map();
const listeners = new Set<() => void>();

function setAhead(id: string, next: Ahead | null): void {
  const all = new Map(ahead);
  if (next) all.set(id, next);
  else all.delete(id);
  ahead = all;
  for (const listener of listeners) listener();
}

function useAhead(): ReadonlyMap<string, Ahead> {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, () => ahead);
}

function pageOf(after: string, signal?: AbortSignal): Promise<Page> {
  return ask<Page>(`/v1/orgs${queryString({ after: after || undefined, limit: String(PAGE) })}`, signal ? { signal } : {});
}

export function useOrgs() {
  const found = useInfiniteQuery({
    queryKey: ["orgs"], queryFn: ({ pageParam, signal }) => pageOf(pageParam, signal), initialPageParam: "", getNextPageParam: (last) => last.next, refetchInterval: REFRESH_MS,
  });
  const known = useAhead();
  const { data, hasNextPage } = found;
  const orgs = useMemo(() => overlaid(data?.pages.flatMap((page) => page.orgs) ?? [], known, !hasNextPage), [data, known, hasNextPage]);
  return { found, orgs };
}

/** An org's record or null: among those whose ids begin alike, so that nobody need be told 404 of what is not there. */
async function read(id: string): Promise<OrgRecord | null> {
  const start = id.replace(/.$/su, "");
  let after: string | null = start;
  while (after?.startsWith(start)) {
    const page: Page = await pageOf(after);
    const found = page.orgs.find((one) => one.org_id === id);
    if (found) return found;
    after = page.next;
  }
  return null;
}

/** Until what was published is read; then everything that an org's record decides is asked for again. */
async function settle(client: QueryClient, id: string, own: Ahead): Promise<void> {
  for (let look = 0; look < LOOKS_MAX && ahead.get(id) === own; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const found = await read(id).catch(() => undefined);
    if (found !== undefined && !isBehind(found, own)) break;
  }
  if (ahead.get(id) !== own) return; // published again meanwhile: that waits for itself
  await client.invalidateQueries();
  setAhead(id, null);
}

/** Takes an org off the registry. Throws `Problem`. */
export async function remove(client: QueryClient, id: string): Promise<void> {
  const [found, known] = [await read(id), ahead.get(id)];
  await ask(`/v1/orgs/${encodeURIComponent(id)}`, { method: "DELETE" });
  const own = published(found, known, null);
  setAhead(id, own);
  void settle(client, id, own);
}

/** Publishes what was changed; false where that is nothing. Throws `Problem`. */
export async function publish(client: QueryClient, opened: Fields, form: Fields): Promise<boolean> {
  const { id } = form;
  const [found, known] = [await read(id), ahead.get(id)];
  const now = latest(found, known);
  if (now && opened.id === "") throw new Problem({ status: 409, title: "Known already", detail: `${id} is registered: edit it in the list.`, field: "org_id" });
  const record = merged(now, opened, form);
  if (textOf(record) === textOf(now)) return false;
  await ask(`/v1/orgs/${encodeURIComponent(id)}`, { method: "PUT", body: record });
  const own = published(found, known, record);
  setAhead(id, own);
  void settle(client, id, own);
  return true;
}
