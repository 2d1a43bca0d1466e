import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";

import { Problem, ask, setCsrf } from "./client";
import type { Session } from "./types";

export const SESSION_KEY = ["session"];
/** Asking keeps the session alive while somebody looks: it ends after 15 minutes unless it is seen. */
const RENEW_MS = 4 * 60_000;

function kept(session: Session): Session {
  setCsrf(session.csrf);
  return session;
}

/** Null when nobody is signed in; throws when the server does not answer. */
async function current(): Promise<Session | null> {
  try {
    return kept(await ask<Session>("/v1/session"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** Also for asking before anything is drawn: every page waits for it. */
export const SESSION = queryOptions({ queryKey: SESSION_KEY, queryFn: current, staleTime: RENEW_MS });

export function useSession() {
  return useQuery({ ...SESSION, refetchInterval: RENEW_MS, refetchOnWindowFocus: true });
}

export function useSignIn(): (key: string) => Promise<void> {
  const client = useQueryClient();
  return async (key) => {
    const session = await ask<Session>("/v1/session", { method: "POST", body: { key } });
    client.setQueryData(SESSION_KEY, kept(session));
  };
}

/** With the code that a new installation printed at its start. */
export function useSignInWithCode(): (code: string) => Promise<void> {
  const client = useQueryClient();
  return async (code) => {
    const session = await ask<Session>("/v1/session/first", { method: "POST", body: { code } });
    client.setQueryData(SESSION_KEY, kept(session));
  };
}

export function useSignOut(): (everywhere?: boolean) => Promise<void> {
  const client = useQueryClient();
  return async (everywhere = false) => {
    await ask(everywhere ? "/v1/sessions" : "/v1/session", { method: "DELETE" });
    setCsrf("");
    client.setQueryData(SESSION_KEY, null); // the shell then leaves for the sign-in page by a whole load
  };
}
