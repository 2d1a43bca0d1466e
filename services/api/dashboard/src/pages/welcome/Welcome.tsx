import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { useSession, useSignInWithCode } from "~/api/session";
import { Logo } from "~/ui/Icon";
import { Notice, ProblemNotice } from "~/ui/Notice";
import { SendEvents } from "~/ui/SendEvents";
import { Snippet } from "~/ui/Snippet";
import ui from "~/ui/ui.module.css";

import { Lamps } from "./Lamps";
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

function MakeKeys({ onMade }: { onMade: (keys: Keys) => void }) {
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
      <p>One key to sign in with from now on, and one that may only send events.</p>
      {wrong && <ProblemNotice problem={wrong} />}
      <button className={ui.primary} disabled={isBusy} onClick={() => void make()}>{isBusy ? "Making the keys…" : "Make the keys"}</button>
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

function Steps() {
  const [keys, setKeys] = useState<Keys | null>(null);
  const { answer, problem } = useGet<Progress>("/v1/welcome", POLL_MS);
  return (
    <ol className={style.steps}>
      <li data-widget="keys"><h2>Make keys</h2>{keys ? <MadeKeys keys={keys} /> : <MakeKeys onMade={setKeys} />}</li>
      <li data-widget="send">
        <h2>Send a call</h2>
        <p>Paste this into a terminal: one answer of a model, as your service would report it.</p>
        <SendEvents {...(keys ? { secret: keys.ingest } : {})} ingest={answer?.ingest_url} kafka={answer?.kafka} />
      </li>
      <li data-widget="lamps">
        <h2>See it arrive</h2>
        {problem && <ProblemNotice problem={problem} />}
        {answer && <Lamps progress={answer} />}
      </li>
    </ol>
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
