import { useNavigate, useSearch } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";

import type { Search } from "~/state/address";
import { Problem } from "~/api/client";
import { useSignIn } from "~/api/session";
import { Logo } from "~/ui/Icon";
import { ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./login.module.css";

/** Only a path of ours: `next` comes from the address. */
export function safeNext(next: unknown): string {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : "/";
}

export function Login() {
  const signIn = useSignIn();
  const navigate = useNavigate();
  const search: Search = useSearch({ strict: false });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get("key");
    setIsBusy(true);
    setProblem(null);
    try {
      await signIn(typeof key === "string" ? key.trim() : "");
      await navigate({ href: safeNext(search.next), replace: true });
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
      setIsBusy(false);
    }
  };

  return (
    <main className={style.page}>
      <form className={style.form} onSubmit={(event) => void submit(event)}>
        <div className={style.brand}><Logo size={36} /><h1>Tracetally</h1></div>
        <p className={style.lead}>What AI conversations cost, exactly.</p>
        <label className={style.field}>
          API key
          <input className={ui.input} name="key" type="password" autoComplete="current-password" required autoFocus spellCheck={false} />
        </label>
        <button className={ui.primary} disabled={isBusy}>{isBusy ? "Signing in…" : "Sign in"}</button>
        {problem && (problem.status === 401
          ? <p role="alert" className={style.wrong}>This key is not known here.</p>
          : <ProblemNotice problem={problem} />)}
        <p className={style.hint}>Use a key with the scope <code>read</code>. A key of one organisation sees that organisation alone.</p>
      </form>
    </main>
  );
}
