import { exactMoney, money } from "~/format/money";
import { Icon } from "~/ui/Icon";

import style from "./conversations.module.css";
import type { Figures, Outcome } from "./types";

/** What an org's key may see is the charge; a team sees the cost. */
export function amountOf(figures: Pick<Figures, "cost" | "charge">, isTeam: boolean): string | null {
  return isTeam ? figures.cost : figures.charge;
}

/** `text`: as its column tells it, in one precision. */
export function Amount({ value, currency, pending = 0, text = money(value, currency) }: { value: string | null; currency: string; pending?: number; text?: string | undefined }) {
  return (
    <span title={exactMoney(value, currency)} data-value={exactMoney(value, currency)}>
      {text}
      {pending > 0 && <span className={style.pending}> +{pending.toLocaleString("en-US")} pending</span>}
    </span>
  );
}

export function Errors({ count }: { count: number }) {
  if (!count) return <>0</>;
  return <span className={style.bad}><Icon name="warn" size={14} /> {count.toLocaleString("en-US")}</span>;
}

/** Outcomes and feedback as told. */
export function Outcomes({ outcomes }: { outcomes: Outcome[] }) {
  if (!outcomes.length) return null;
  return (
    <ul className={style.outcomes} aria-label="Outcomes and feedback">
      {outcomes.map((one) => (
        <li key={one.outcome_id}>
          <b>{one.name}</b> {[one.label, one.value, one.unit].filter(Boolean).join(" ")}
          {one.comment && <span className={style.faint}> “{one.comment}”</span>}
        </li>
      ))}
    </ul>
  );
}
