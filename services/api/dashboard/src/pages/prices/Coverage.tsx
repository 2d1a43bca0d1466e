import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import type { Estimate } from "~/api/types";
import { whole } from "~/format/measures";
import { money } from "~/format/money";
import { reason } from "~/format/reasons";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty, Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./prices.module.css";

interface Item {
  provider: string;
  model: string;
  calls: number;
  tokens: number;
  pending: string;
  matched_by: string | null;
  price_key: string | null;
  estimate: Estimate | null;
  candidates: string[];
  alias: Record<string, unknown> | null;
}

/** Nothing matches by likeness: a person picks the model, the alias is then one click. */
function Alias({ item, onDone }: { item: Item; onDone: (words: string) => void }) {
  const [model, setModel] = useState(item.candidates[0] ?? "");
  const [wrong, setWrong] = useState<Problem | null>(null);
  const publish = async () => {
    try {
      await ask("/v1/prices", { method: "PUT", body: { ...item.alias, model } });
      onDone(`${item.model} is now priced as ${model}.`);
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  if (!item.candidates.length || !item.alias) return null;
  return (
    <div className={style.alias}>
      <select className={ui.input} aria-label={`Model that ${item.model} is`} value={model} onChange={(event) => setModel(event.target.value)}>{item.candidates.map((one) => <option key={one}>{one}</option>)}</select>
      <button className={ui.button} onClick={() => void publish()}>Publish alias</button>
      {wrong && <ProblemNotice problem={wrong} />}
    </div>
  );
}

export function Coverage({ isAdmin, onAdd }: { isAdmin: boolean; onAdd: (provider: string, model: string) => void }) {
  const { address } = useAddress();
  const client = useQueryClient();
  const [done, setDone] = useState("");
  const result = useGet<{ items: Item[] }>(`/v1/coverage?currency=${address.currency}`);
  const items = result.answer?.items ?? [];
  const finish = (words: string) => {
    setDone(words);
    void client.invalidateQueries();
  };
  return (
    <Card id="coverage" title="Coverage" unit="models seen in the last 30 days and the rule that prices them" span={12} {...result}>
      {done && <Notice tone="good">{done}</Notice>}
      {result.answer && !items.length && <Empty title="No model call in the last 30 days." />}
      {items.length > 0 && (
        <div className={style.wide} tabIndex={0} role="region" aria-label="Models seen">
          <table className={ui.table}>
            <thead><tr><th scope="col">Model</th><th scope="col" data-text="">Priced by</th><th scope="col">Calls</th><th scope="col">Tokens</th><th scope="col">At stake</th>{isAdmin && <th scope="col" data-text="">Mend</th>}</tr></thead>
            <tbody>
              {items.map((item) => (
                <tr key={`${item.provider} ${item.model} ${item.pending}`} data-row={`${item.provider} ${item.model}`}>
                  <th scope="row">{item.provider} · {item.model}</th>
                  <td data-text="" className={item.pending ? style.warn : undefined} title={item.price_key ?? ""}>{item.pending ? `pending: ${reason(item.pending)}` : (item.matched_by ?? "nothing due: failed before use")}</td>
                  <td>{whole(item.calls)}</td><td>{whole(item.tokens)}</td>
                  <td>{item.pending && item.estimate ? `${money(item.estimate.low, address.currency)} – ${money(item.estimate.high, address.currency)}` : ""}</td>
                  {isAdmin && <td data-text="">{item.pending && <div className={style.mend}><Alias item={item} onDone={finish} /><button className={ui.button} onClick={() => onAdd(item.provider, item.model)}>Add price</button></div>}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
