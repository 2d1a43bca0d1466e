import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Problem, ask } from "~/api/client";
import { whole } from "~/format/measures";
import { exactMoney, money, signedMoney } from "~/format/money";
import { Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./prices.module.css";
import { type BookRecord, type Fields, recordOf } from "./record";

interface Sums {
  calls: number;
  cost: string;
  cost_then: string;
  difference: string;
  pending: number;
  pending_then: number;
}

interface WhatIf {
  calls: number;
  total: Record<string, Sums>;
}

const DAYS = 30;
const DAY_MS = 86_400_000;

function fieldsOf(form: HTMLFormElement): Fields {
  const data = new FormData(form);
  const text = (name: string) => (data.get(name) as string | null) ?? "";
  return {
    provider: text("provider"), model: text("model"), scope: text("scope"), from: text("from"), input: text("input"), cacheRead: text("cache_read"),
    output: text("output"), reason: text("reason"), isRetroactive: data.get("retroactive") !== null,
  };
}

/** What the last days would have cost at these prices, before anything is published. */
function Preview({ answer }: { answer: WhatIf }) {
  const rows = Object.entries(answer.total);
  if (!rows.length) return <Notice>No call of the last {DAYS} days would be priced otherwise.</Notice>;
  return (
    <div className={style.preview}>
      {rows.map(([currency, sums]) => currency === "" ? (
        <p key="pending" data-figure="preview">Over the last {DAYS} days, {whole(sums.calls)} calls have no price and would have none: pending {whole(sums.pending)} → {whole(sums.pending_then)}.</p>
      ) : (
        <p key={currency} data-figure="preview">
          Over the last {DAYS} days, {whole(sums.calls)} calls: <b title={exactMoney(sums.cost_then, currency)}>{money(sums.cost_then, currency)}</b> instead of {money(sums.cost, currency)},
          {" "}<b>{signedMoney(sums.difference, currency)}</b>; pending {whole(sums.pending)} → {whole(sums.pending_then)}.
        </p>
      ))}
    </div>
  );
}

export function AddPrice({ provider, model }: { provider: string; model: string }) {
  const client = useQueryClient();
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [preview, setPreview] = useState<WhatIf | null>(null);
  const [done, setDone] = useState("");
  const [isForced, setIsForced] = useState(false);

  const attempt = async (form: HTMLFormElement, work: (record: BookRecord) => Promise<void>) => {
    setWrong(null);
    setDone("");
    const record = recordOf(fieldsOf(form));
    if (typeof record === "string") {
      setWrong(new Problem({ status: 422, title: "Not complete", detail: record }));
      return;
    }
    try {
      await work(record);
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  const suppose = (form: HTMLFormElement) => attempt(form, async (record) => {
    const now = Date.now();
    const body = { from: new Date(now - DAYS * DAY_MS).toISOString(), to: new Date(now).toISOString(), provider: record.provider, model: record.model, records: [record] };
    setPreview(await ask<WhatIf>("/v1/what-if", { method: "POST", body }));
  });
  const publish = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void attempt(event.currentTarget, async (record) => {
      await ask("/v1/prices", { method: "PUT", body: isForced ? { ...record, audit: { ...record.audit, force: true } } : record });
      setDone(`Published. Calls of ${record.model ?? ""} that waited for it are priced within seconds.`);
      setPreview(null);
      await client.invalidateQueries();
    });
  };
  const [start] = useState(() => new Date(Date.now() - DAYS * DAY_MS).toISOString().slice(0, 10));
  return (
    <form className={style.form} onSubmit={publish}>
      <div className={style.fields}>
        <label>Provider<input className={ui.input} name="provider" required defaultValue={provider} placeholder="openai" /></label>
        <label>Model<input className={ui.input} name="model" required defaultValue={model} placeholder="gpt-4o" /></label>
        <label>In force from (UTC)<input className={ui.input} name="from" type="datetime-local" required defaultValue={`${start}T00:00`} /></label>
        <label>Only for organisation<input className={ui.input} name="scope" placeholder="all" /></label>
        <label>Input, per 1M tokens<input className={ui.input} name="input" inputMode="decimal" placeholder="2.50" /></label>
        <label>Cache read, per 1M<input className={ui.input} name="cache_read" inputMode="decimal" placeholder="empty: unknown" /></label>
        <label>Output, per 1M tokens<input className={ui.input} name="output" inputMode="decimal" placeholder="10.00" /></label>
        <label>Why<input className={ui.input} name="reason" maxLength={500} placeholder="provider's price list of today" /></label>
      </div>
      <label className={style.check}><input type="checkbox" name="retroactive" /> Price calls again that already have a price (audited, closed months stay)</label>
      {wrong && <ProblemNotice problem={wrong} />}
      {wrong?.status === 422 && wrong.body.field && <label className={style.check}><input type="checkbox" checked={isForced} onChange={(event) => setIsForced(event.target.checked)} /> Publish in spite of that (force)</label>}
      {preview && <Preview answer={preview} />}
      {done && <Notice tone="good">{done}</Notice>}
      <div className={style.actions}>
        <button type="button" className={ui.button} onClick={(event) => { if (event.currentTarget.form) void suppose(event.currentTarget.form); }}>What would it change?</button>
        <button className={ui.primary}>Publish</button>
      </div>
    </form>
  );
}

