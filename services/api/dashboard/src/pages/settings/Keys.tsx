import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { Card } from "~/ui/Card";
import { Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./settings.module.css";

interface Key {
  key_id: string;
  scopes: string[];
  org_id?: string | null;
  label?: string;
  source: "settings" | "api";
  revoked_at?: string | null;
}

interface Made {
  key: Key;
  secret: string;
}

/** Keys of the service: made here, their secret shown once. */
export function Keys() {
  const client = useQueryClient();
  const { answer, problem, isLoading } = useGet<{ keys: Key[] }>("/v1/keys");
  const [made, setMade] = useState<Made | null>(null);
  const [wrong, setWrong] = useState<Problem | null>(null);

  const attempt = async (work: () => Promise<void>) => {
    setWrong(null);
    try {
      await work();
      await client.invalidateQueries({ queryKey: ["get", "/v1/keys"] });
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  const create = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [name, scope, org] = ["key_id", "scope", "org_id"].map((field) => (form.get(field) as string).trim());
    const body = { key_id: name, scopes: [scope], ...(org ? { org_id: org } : {}) };
    void attempt(async () => setMade(await ask<Made>("/v1/keys", { method: "POST", body })));
  };

  return (
    <Card id="keys" title="API keys" span={12} isLoading={isLoading} problem={problem}>
      {made && <Notice tone="good">Key <b>{made.key.key_id}</b> was made. Its secret is shown only now: <code className={style.secret}>{made.secret}</code></Notice>}
      {wrong && <ProblemNotice problem={wrong} />}
      <table className={ui.table}>
        <thead><tr><th scope="col">Key</th><th scope="col" data-text="">May</th><th scope="col" data-text="">Organisation</th><th scope="col"><span className="hidden">Actions</span></th></tr></thead>
        <tbody>
          {answer?.keys.filter((key) => !key.revoked_at).map((key) => (
            <tr key={key.key_id}>
              <th scope="row">{key.key_id}{key.label && <span className={ui.faint}> {key.label}</span>}</th>
              <td data-text="">{key.scopes.join(", ")}</td>
              <td data-text="">{key.org_id && key.org_id !== "*" ? key.org_id : "all"}</td>
              <td>{key.source === "settings" ? <span className={ui.faint}>in the settings</span> : <button className={ui.button} onClick={() => void attempt(() => ask(`/v1/keys/${encodeURIComponent(key.key_id)}`, { method: "DELETE" }))}>Revoke</button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <form className={style.create} onSubmit={create}>
        <label>Name<input className={ui.input} name="key_id" required pattern="[A-Za-z0-9_.\-]+" /></label>
        <label>May<select className={ui.input} name="scope"><option>read</option><option>ingest</option><option>admin</option></select></label>
        <label>Only organisation<input className={ui.input} name="org_id" placeholder="all" /></label>
        <button className={ui.primary}>Make a key</button>
      </form>
    </Card>
  );
}
