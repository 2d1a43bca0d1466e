import { Link } from "@tanstack/react-router";

import { useGet } from "~/api/hooks";
import { measure, percent, showExact } from "~/format/measures";
import { money } from "~/format/money";
import { Bullet } from "~/marks/Bullet";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";

import { typedPath } from "./spend";
import style from "./overview.module.css";

export interface Budget {
  org: string;
  name?: string;
  currency: string;
  budget: string;
  month_to_date: string;
  used_share: number;
  run_out_on: string | null;
}

export interface BudgetsAnswer {
  month: string;
  elapsed_share: number;
  budgets: Budget[];
}

const COST = measure("cost");
const SHOWN_MAX = 6;

/** In words what the bullet shows: state, run-out date. */
export function budgetWords(budget: Budget, elapsed: number): string {
  if (budget.used_share > 1) return "over budget";
  if (budget.run_out_on) return `runs out on ${budget.run_out_on}`;
  return budget.used_share > elapsed ? "ahead of pace" : "within pace";
}

function Line({ budget, elapsed }: { budget: Budget; elapsed: number }) {
  const { carried } = useAddress();
  const words = budgetWords(budget, elapsed);
  const used = money(budget.month_to_date, budget.currency);
  const label = `${budget.name ?? budget.org}: ${used} of ${money(budget.budget, budget.currency)} used, ${words}`;
  return (
    <li data-row={budget.org}>
      <div className={style.budgetHead}>
        <Link to="/orgs/$org" params={{ org: budget.org }} search={carried()}>{budget.name ?? budget.org}</Link>
        <span title={showExact(budget.month_to_date, COST, budget.currency)}>{used} of {money(budget.budget, budget.currency)}</span>
      </div>
      <Bullet used={budget.used_share} pace={elapsed} label={label} />
      <div className={style.budgetFoot}><span>{percent(budget.used_share)} used</span><span>{words}</span></div>
    </li>
  );
}

/** Month to date ÷ budget against how much of the month is gone, worst first. */
export function Budgets() {
  const { address } = useAddress();
  const result = useGet<BudgetsAnswer>(typedPath("/v1/budgets", address));
  const { answer } = result;
  return (
    <Card id="budgets" title="Budgets" unit={answer ? `${answer.month}, ${percent(answer.elapsed_share)} gone` : ""} {...result}>
      {answer && !answer.budgets.length && <Empty title="No organisation has a budget.">A budget is <code>monthly_budget</code> of <code>PUT /v1/orgs/…</code></Empty>}
      {answer && answer.budgets.length > 0 && (
        <ul className={style.budgets}>{answer.budgets.slice(0, SHOWN_MAX).map((one) => <Line key={one.org} budget={one} elapsed={answer.elapsed_share} />)}</ul>
      )}
    </Card>
  );
}
