import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";

import { Problem, ask, setToken } from "~/api/client";
import { HANDED } from "~/api/embed";
import { SESSION_KEY } from "~/api/session";
import type { Session } from "~/api/types";
import { router } from "~/router";
import { Notice } from "~/ui/Notice";

import style from "./embed.module.css";
import { type Grant, LINK_LIFE_MS, grantOf, renewIn } from "./grant";
import { type Handshake, handshake } from "./handshake";

const ASK_AGAIN_MS = 5_000;

interface State {
  /** Once true the page stays, whatever happens to its token. */
  isOpen: boolean;
  words: string;
}

const WAITING: State = { isOpen: false, words: "" };
const ENDED = "The session has ended. These figures are no longer refreshed; the page around this one has to renew it.";
const ALONE = "This page is shown inside another site, or opened by a link that holds a token.";
const OLD_LINK = "This link is no longer valid: ask for a new one.";

/** The server's word on a token, else the one before stays; what was shown for another org is forgotten. */
async function accepted(client: QueryClient, grant: Grant): Promise<void> {
  const old = setToken(grant.token);
  const session = await ask<Session>("/v1/session").catch((error: unknown) => {
    setToken(old);
    throw error;
  });
  const before = client.getQueryData<Session>(SESSION_KEY);
  if (before && before.org !== session.org) {
    client.clear();
    await router.navigate({ to: "/", replace: true });
  }
  client.setQueryData(SESSION_KEY, session);
}

function run(embed: string, client: QueryClient, tell: (change: (state: State) => State) => void): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const later = (name: string, ms: number, work: () => void) => {
    clearTimeout(timers.get(name));
    timers.set(name, setTimeout(work, ms));
  };
  let host: Handshake | null = null;
  const renew = () => {
    host?.ask();
    later("renew", ASK_AGAIN_MS, renew);
  };
  const say = (words: string) => tell((state) => ({ ...state, words }));
  const take = async (token: string, lifeMax: number) => {
    const grant = grantOf(token);
    const left = grant ? grant.expiresAt - Date.now() : 0;
    if (!grant || left <= 0 || left > lifeMax) {
      say(lifeMax === LINK_LIFE_MS ? OLD_LINK : "The site around this page gave no usable token.");
      return;
    }
    try {
      await accepted(client, grant);
    } catch (error) {
      say(error instanceof Problem ? `The token was not accepted: ${error.message}.` : "The server cannot be reached.");
      return;
    }
    tell((state) => {
      if (state.isOpen && state.words) void client.invalidateQueries();
      return { isOpen: true, words: "" };
    });
    if (host) later("renew", renewIn(grant, Date.now()), renew);
    later("end", left, () => say(host ? ENDED : OLD_LINK));
  };
  const begin = async () => {
    if (HANDED) await take(HANDED, LINK_LIFE_MS);
    if (window.parent === window) {
      if (!HANDED) say(ALONE);
      return;
    }
    const { origins } = await ask<{ origins: string[] }>(`/v1/embeds/${embed}`);
    host = handshake(embed, origins, (token) => void take(token, Infinity));
    renew();
  };
  begin().catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
  return () => {
    host?.stop();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

/** Waits for a token before anything is asked; keeps what is shown while a new one is awaited. */
export default function Embed({ embed, children }: { embed: string; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState(WAITING);
  useEffect(() => run(embed, client, setState), [embed, client]);
  return (
    <>
      {state.words && <div className={style.words} data-page="embed"><Notice tone="warn">{state.words}</Notice></div>}
      {state.isOpen && children}
    </>
  );
}
