import { Link } from "@tanstack/react-router";

import { queryString } from "~/api/client";
import { useGet } from "~/api/hooks";
import { exactMoney, money } from "~/format/money";
import { useAddress } from "~/state/useAddress";
import { Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./trace.module.css";
import type { Line } from "./types";

interface Explained {
  outcome: "priced" | "pending";
  reason: string | null;
  detail: string | null;
  provider: string;
  model: string;
  currency: string | null;
  cost: string | null;
  charge: string | null;
  normaliser: string | null;
  lines: Line[];
  adds_up: boolean | null;
  record: string | null;
  revision: number | null;
  variant: string | null;
  book_position: number;
  today: { outcome: string; cost?: string | null } | null;
}

function LineRow({ line, currency }: { line: Line; currency: string }) {
  const how = line.multiply ? `× ${line.multiply}` : line.quantity && line.price ? `${line.quantity} × ${line.price} ÷ ${(line.per ?? 1).toLocaleString("en-US")}` : (line.price ?? "");
  return (
    <tr>
      <th scope="row">{!line.kind || line.kind === "rate" ? line.dimension.replace(/_/g, " ") : `${line.kind}: ${line.dimension}`}</th>
      <td data-text=""><code>{how}</code></td>
      <td title={exactMoney(line.amount, currency)}>{exactMoney(line.amount, currency)}</td>
    </tr>
  );
}

/** A price as a person recomputes it: the record, the variant, every line, the sum. */
export function Explain({ eventId, project, isTeam }: { eventId: string; project: string; isTeam: boolean }) {
  const { address, carried } = useAddress();
  const { answer, problem } = useGet<Explained>(`/v1/calls/${encodeURIComponent(eventId)}/explain${queryString({ project })}`, 0);
  if (problem) return <ProblemNotice problem={problem} />;
  if (!answer) return null;
  const currency = answer.currency ?? address.currency;
  if (answer.outcome === "pending") {
    return (
      <Notice tone="warn">
        <b>No price yet: {answer.reason}</b>{answer.detail && ` (${answer.detail})`}. It is priced by itself once the price arrives.
        {isTeam && <> <Link className={ui.quietLink} to="/prices" search={carried({}, { add: `${answer.provider}|${answer.model}` })}>Add the price</Link></>}
      </Notice>
    );
  }
  const amount = isTeam ? answer.cost : answer.charge;
  return (
    <div className={style.explain}>
      <p>
        {answer.record ? <>By <code>{answer.record}</code>, revision {answer.revision}{answer.variant && <>, variant <b>{answer.variant}</b></>}, as the price book stood at position {answer.book_position}.</> : "Nothing is billed for this step."}
        {answer.normaliser && <> Usage read by <code>{answer.normaliser}</code>.</>}
      </p>
      {answer.lines.length > 0 && (
        <div className={style.lines} tabIndex={0} role="region" aria-label="Lines of the price">
        <table className={ui.table}>
          <thead><tr><th scope="col">Line</th><th scope="col" data-text="">Quantity × price ÷ per</th><th scope="col">Amount</th></tr></thead>
          <tbody>{answer.lines.map((line, index) => <LineRow key={`${line.dimension} ${index}`} line={line} currency={currency} />)}</tbody>
          <tfoot>
            {isTeam && answer.charge !== answer.cost && <tr><th scope="row" colSpan={2}>Charge, with markups</th><td title={exactMoney(answer.charge, currency)}>{money(answer.charge, currency)}</td></tr>}
            <tr><th scope="row" colSpan={2}>{isTeam ? "Cost" : "Charge"}</th><td data-value={exactMoney(amount, currency)}>{exactMoney(amount, currency)}</td></tr>
          </tfoot>
        </table>
        </div>
      )}
      {answer.adds_up === false && <Notice tone="bad">The lines do not add up to what the ledger holds.</Notice>}
      {answer.adds_up && <Notice tone="good">The lines add up to the ledger, to the last digit.</Notice>}
    </div>
  );
}
