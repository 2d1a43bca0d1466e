import { useEffect, useSyncExternalStore } from "react";

interface State {
  asOf: string | null;
  isFetching: boolean;
  /** The figures were older than two minutes when they came. */
  isOld: boolean;
}

const OLD_MS = 120_000;
let state: State = { asOf: null, isFetching: false, isOld: false };
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAsOf(): State {
  return useSyncExternalStore(subscribe, () => state);
}

/** A page tells the bar as of when its figures are. */
export function useTellAsOf(asOf: string | null, isFetching: boolean): void {
  useEffect(() => {
    state = { asOf, isFetching, isOld: asOf !== null && Date.now() - Date.parse(asOf) > OLD_MS };
    for (const listener of listeners) listener();
  }, [asOf, isFetching]);
}
