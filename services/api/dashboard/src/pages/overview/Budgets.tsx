import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { measure, percent, showExact } from "~/format/measures";
import { money } from "~/format/money";
import { Bullet } from "~/marks/Bullet";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";

import { ToldIn } from "./ToldIn";
import style from "./overview.module.css";

export interface Budget {
  org: string;
  currency: string;
  /** Charge of this month, in the org's own zone; null is not known. */
  spent: string | null;
  pending_calls: number;
  budget: string;
  used_share: number | null;
  elapsed_share: number;
  runs_out_on: string | null;
}

const COST = measure("cost");
const SHOWN_MAX = 6;

/** In words what the bullet shows: state, run-out date. */
export function budgetWords({ used_share: used, elapsed_share: elapsed, runs_out_on: end }: Budget): string {
  if (used === null) return "not known";
  if (used > 1) return "over budget";
  if (end) return `runs out on ${end}`;
  return used > elapsed ? "ahead of pace" : "within pace";
}

function Line({ budget }: { budget: Budget }) {
  const { carried } = useAddress();
  const words = budgetWords(budget);
  const used = money(budget.spent, budget.currency);
  const label = `${budget.org}: ${used} of ${money(budget.budget, budget.currency)} used, ${words}`;
  return (
    <li data-row={budget.org}>
      <div className={style.budgetHead}>
        <span className={style.budgetName}>
          <Link to="/orgs/$org" params={{ org: budget.org }} search={carried()}>{budget.org}</Link>
          <span className={style.budgetWords}>{budget.used_share === null ? "—" : percent(budget.used_share)} used, {words}{budget.pending_calls > 0 && `, +${budget.pending_calls.toLocaleString("en-US")} pending`}</span>
        </span>
        <span title={showExact(budget.spent, COST, budget.currency)} data-value={showExact(budget.spent, COST, budget.currency)}>{used} of {money(budget.budget, budget.currency)}</span>
      </div>
      <Bullet used={budget.used_share ?? 0} pace={budget.elapsed_share} label={label} />
    </li>
  );
}

/** Month to date ÷ budget against how much of the month is gone, worst first. */
export function Budgets({ waits }: { waits: boolean }) {
  const result = useGet<{ budgets: Budget[] }>("/v1/budgets", undefined, waits);
  const { answer } = result;
  return (
    <Card id="budgets" title="Budgets" unit="charge of this month; the line is how much of it is gone" {...result}>
      {answer && !answer.budgets.length && <Empty title="No organisation has a budget."><ToldIn field="monthly_budget" /></Empty>}
      {answer && answer.budgets.length > 0 && (
        <ul className={style.budgets}>{answer.budgets.slice(0, SHOWN_MAX).map((one) => <Line key={one.org} budget={one} />)}</ul>
      )}
    </Card>
  );
}
