import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { batchPath } from "./batch";
import { Problem, ask } from "./client";
import { useIsLive } from "./live";
import type { Answer, Batch, ProblemBody, Query } from "./types";

const REFRESH_MS = 60_000;
/** While the server tells what changed: only for what moves with the clock alone, as ranges that end now. */
const SELDOM_MS = 600_000;
const BATCH_MAX = 24;

/** What a widget shows: an answer, a refusal, or nothing yet. Old figures stay while new ones load. */
export interface Result<T = Answer> {
  answer: T | undefined;
  problem: Problem | undefined;
  isLoading: boolean;
  isStale: boolean;
}

function problemOf(error: unknown): Problem | undefined {
  if (error === null || error === undefined) return undefined;
  return error instanceof Problem ? error : new Problem({ status: 0, detail: error instanceof Error ? error.message : "unknown error" });
}

function isProblem(answer: Answer | ProblemBody): answer is ProblemBody {
  return "detail" in answer;
}

/** One GET of the API. A path of null asks nothing; what `waits` is asked later, and loading until then. */
export function useGet<T>(path: string | null, refresh?: number, waits = false): Result<T> {
  const isLive = useIsLive();
  const found = useQuery({
    queryKey: ["get", path],
    queryFn: ({ signal }) => ask<T>(path ?? "", { signal }),
    enabled: path !== null && !waits,
    placeholderData: keepPreviousData,
    refetchInterval: refresh ?? (isLive ? SELDOM_MS : REFRESH_MS),
  });
  return {
    answer: found.data,
    problem: problemOf(found.error),
    isLoading: found.isPending && path !== null,
    isStale: found.isPlaceholderData || found.isError,
  };
}

export interface BatchResult<Name extends string> {
  asOf: string | null;
  isFetching: boolean;
  /** Until there is an answer, or a refusal, of these very questions. */
  isComing: boolean;
  of: (name: Name) => Result;
}

/** Several questions answered as of one instant, so that all widgets of a page agree. */
export function useBatch<Name extends string>(queries: Record<Name, Query>): BatchResult<Name> {
  const names = Object.keys(queries) as Name[];
  const asked = names.map((name) => queries[name]);
  const isLive = useIsLive();
  if (asked.length > BATCH_MAX) throw new Error(`a batch holds at most ${BATCH_MAX} queries`);
  const found = useQuery({
    queryKey: ["batch", asked],
    queryFn: ({ signal }) => {
      const path = batchPath(asked);
      return path ? ask<Batch>(path, { signal }) : ask<Batch>("/v1/query/batch", { method: "POST", body: { queries: asked }, signal });
    },
    placeholderData: keepPreviousData,
    refetchInterval: isLive ? SELDOM_MS : REFRESH_MS,
    enabled: asked.length > 0,
  });
  const whole = problemOf(found.error);
  return useMemo(() => ({
    asOf: found.data?.as_of ?? null,
    isFetching: found.isFetching,
    isComing: found.isFetching && (found.isPending || found.isPlaceholderData),
    of: (name) => {
      const one = found.data?.answers[names.indexOf(name)];
      const own = one && isProblem(one) ? new Problem(one) : undefined;
      return {
        answer: one && !isProblem(one) ? one : undefined,
        problem: own ?? whole,
        isLoading: found.isPending,
        isStale: found.isPlaceholderData || found.isError,
      };
    },
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the names follow the data's own key
  }), [found.data, found.isFetching, found.isPending, found.isPlaceholderData, found.isError, whole?.message]);
}

export function useQueryAnswer(query: Query): Result {
  return useBatch({ only: query }).of("only");
}
