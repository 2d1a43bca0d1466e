import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { useSession, useSignInWithCode } from "~/api/session";
import { Icon, Logo } from "~/ui/Icon";
import { Notice, ProblemNotice } from "~/ui/Notice";
import { SendEvents } from "~/ui/SendEvents";
import { Snippet } from "~/ui/Snippet";
import ui from "~/ui/ui.module.css";

import { Cost, Then } from "./Cost";
import { Lamps } from "./Lamps";
import { type Key, type StepName, canSend, doneOf, doneWords, nextOf } from "./steps";
import type { Progress } from "./types";
import style from "./welcome.module.css";

const POLL_MS = 1_000;

interface Keys {
  admin: string;
  ingest: string;
}

/** `#code=…`, read once and taken out of the address at once. */
function takeCode(): string {
  const found = /^#code=([\w-]+)$/.exec(location.hash)?.[1] ?? "";
  if (found) history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

async function makeKey(label: string, scope: string): Promise<string> {
  const made = await ask<{ secret: string }>("/v1/keys", { method: "POST", body: { label, scopes: [scope] } });
  return made.secret;
}

function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) });
}

function MakeKeys({ onMade, areMade }: { onMade: (keys: Keys) => void; areMade: boolean }) {
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const make = async () => {
    setIsBusy(true);
    setWrong(null);
    try {
      onMade({ ingest: await makeKey("first events", "ingest"), admin: await makeKey("first sign-in", "admin") });
    } catch (error) {
      setWrong(problemOf(error));
    }
    setIsBusy(false);
  };
  return (
    <>
      <p>{areMade ? "There are keys already; a secret is shown only when it is made. If it is lost, make new ones." : "One key to sign in with from now on, and one that may only send events."}</p>
      {wrong && <ProblemNotice problem={wrong} />}
      <button className={areMade ? ui.button : ui.primary} disabled={isBusy} onClick={() => void make()}>{isBusy ? "Making the keys…" : areMade ? "Make new keys" : "Make the keys"}</button>
    </>
  );
}

function MadeKeys({ keys }: { keys: Keys }) {
  return (
    <>
      <p>Keep this key: it signs you in, and it is shown only now. The other one stands in the snippet below.</p>
      <Snippet label="the key to sign in with" text={keys.admin} />
    </>
  );
}

function Step({ name, title, done, next, children }: { name: StepName; title: string; done: Record<StepName, boolean>; next: StepName | null; children: ReactNode }) {
  return (
    <li data-widget={name} data-done={done[name] ? "" : undefined} aria-current={next === name ? "step" : undefined}>
      <span className={style.mark}>{done[name] && <Icon name="check" size={16} />}</span>
      <h2>{title}{done[name] && <span className="hidden">: done</span>}</h2>
      {children}
    </li>
  );
}

function Steps() {
  const [keys, setKeys] = useState<Keys | null>(null);
  const { answer, problem } = useGet<Progress>("/v1/welcome", POLL_MS);
  const known = useGet<{ keys: Key[] }>("/v1/keys").answer?.keys;
  const done = doneOf(answer, keys !== null || canSend(known));
  const step = { done, next: nextOf(done) };
  return (
    <>
      <p className={style.progress} aria-live="polite" data-figure="done"><progress max={4} value={Object.values(done).filter(Boolean).length} aria-label="Steps done" />{doneWords(done)}</p>
      <ol className={style.steps}>
        <Step name="keys" title="Make keys" {...step}>
          {keys ? <MadeKeys keys={keys} /> : <MakeKeys onMade={setKeys} areMade={canSend(known)} />}
        </Step>
        <Step name="send" title="Send a call" {...step}>
          <p>Paste this into a terminal: one answer of a model, as your service would report it.{!keys && " Put a key that may send events where it says $INGEST_KEY."}</p>
          <SendEvents {...(keys ? { secret: keys.ingest } : {})} ingest={answer?.ingest_url} kafka={answer?.kafka} />
        </Step>
        <Step name="lamps" title="See it arrive" {...step}>
          {problem && <ProblemNotice problem={problem} />}
          {answer && <Lamps progress={answer} />}
        </Step>
        <Step name="price" title="See what it cost" {...step}>
          {answer?.event ? <Cost event={answer.event} /> : <p>When it has arrived: its cost to the last digit, or the price that is missing.</p>}
        </Step>
      </ol>
      {answer?.event && step.next === null && <Then org={answer.event.org_id} />}
    </>
  );
}

function Locked({ problem }: { problem: Problem | null }) {
  return (
    <>
      {problem ? <ProblemNotice problem={problem} /> : <Notice>Open the address that the API printed when it started, or sign in with an admin key.</Notice>}
      <p><Link to="/login" search={{ next: "/welcome" }} className={ui.quietLink}>Sign in with a key</Link></p>
    </>
  );
}

function Signed({ wrong }: { wrong: Problem | null }) {
  const session = useSession();
  if (session.isPending) return null;
  return session.data?.is_admin ? <Steps /> : <Locked problem={wrong} />;
}

/** From nothing to the first priced call, on one page. */
export default function Welcome() {
  const signIn = useSignInWithCode();
  const [code] = useState(takeCode);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [isTrying, setIsTrying] = useState(code !== "");
  useEffect(() => {
    if (code) void signIn(code).catch((error: unknown) => setWrong(problemOf(error))).finally(() => setIsTrying(false));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the code works once
  }, [code]);
  return (
    <main className={style.page} data-page="welcome" aria-busy={isTrying}>
      <header className={style.head}><Logo size={32} /><div><h1>Welcome to Tracetally</h1><p>From nothing to the first priced call: about three minutes.</p></div></header>
      {!isTrying && <Signed wrong={wrong} />}
    </main>
  );
}
