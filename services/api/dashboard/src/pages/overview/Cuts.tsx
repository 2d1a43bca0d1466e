/** Widgets that cut the range: orgs, movers, token categories, tools. */
import { Link } from "@tanstack/react-router";

import type { Result } from "~/api/hooks";
import type { Answer } from "~/api/types";
import { subtract } from "~/format/decimal";
import { measure, show, showColumn, showExact } from "~/format/measures";
import { BarTable } from "~/marks/BarTable";
import { Drivers } from "~/marks/Drivers";
import { type Series, labelOf } from "~/marks/prepare";
import { barRows } from "~/marks/rows";
import { drilled, useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { CardMenu } from "~/ui/CardMenu";
import { NothingHere } from "~/ui/NothingHere";
import { Pending } from "~/ui/Pending";
import ui from "~/ui/ui.module.css";

import { changeText } from "./Tiles";

function useOrgLink() {
  const { address, carried } = useAddress();
  return (one: Series) => one.colour.slot === "other" || one.key === ""
    ? { to: "/explore", search: carried(drilled(address, { where: one.where }), { m: "cost", by: "org" }) }
    : { to: `/orgs/${encodeURIComponent(one.key)}`, search: carried() };
}

export function Orgs({ result }: { result: Result }) {
  const linkOf = useOrgLink();
  const { address } = useAddress();
  const { answer } = result;
  const told = answer && barRows(answer, { dim: "org", measure: "cost", linkOf });
  return (
    <Card id="orgs" title="Top organisations" unit="cost, share of total" {...result} actions={<CardMenu id="orgs" answer={answer} dim="org" measures={["cost", "calls"]} />}>
      {told && (told.rows.length ? <BarTable caption="Organisations by cost" {...told} columns={["share"]} /> : <NothingHere />)}
      {answer && <Pending completeness={answer.completeness} currency={address.currency} />}
    </Card>
  );
}

function costOf(sums: { total: Record<string, unknown> } | null | undefined): string {
  const value = sums?.total.cost;
  return typeof value === "string" ? value : "0";
}

/** Absolute changes of the movers, largest first; what the others changed is the rest of the total. */
export function movers(answer: Answer): { key: string; label: string; change: string; now: string; before: string }[] {
  return answer.groups.map((group) => {
    const key = group.key.org ?? null;
    const before = costOf(answer.previous?.groups?.find((one) => one.key.org === key));
    return { key: key ?? "", label: labelOf(key), change: subtract(costOf(group), before), now: costOf(group), before };
  });
}

export function Movers({ result }: { result: Result }) {
  const { address, carried } = useAddress();
  const { answer } = result;
  const all = answer ? movers(answer) : [];
  const drivers = all.map((one) => ({
    key: one.key, change: one.change, cells: [changeText(one.now, one.before)],
    label: <Link to="/orgs/$org" params={{ org: one.key }} search={carried()}>{one.label}</Link>,
  }));
  const total = answer?.previous ? subtract(costOf(answer.total), costOf(answer.previous.total)) : undefined;
  return (
    <Card id="movers" title="Movers" unit="change of cost, largest first" {...result} actions={<CardMenu id="movers" answer={answer} dim="org" measures={["cost"]} />}>
      {answer && (drivers.length
        ? <Drivers caption="Organisations by change of cost" drivers={drivers} currency={address.currency} columns={["share"]} {...(total ? { total, totalLabel: "All organisations" } : {})} />
        : <NothingHere />)}
    </Card>
  );
}

const CATEGORY_NAMES: Record<string, string> = {
  input: "Fresh input", cache_read: "Cache read", cache_write: "Cache write", output: "Output and reasoning", reasoning: "Reasoning", other: "Not tokens",
};

export function Categories({ result }: { result: Result }) {
  const { address, carried } = useAddress();
  const { answer } = result;
  const linkOf = (one: Series) => ({ to: "/explore", search: carried(drilled(address, { where: one.where }), { m: "cost", by: "token_category" }) });
  const named = answer && { ...answer, groups: answer.groups.map((group) => ({ ...group, key: { token_category: CATEGORY_NAMES[group.key.token_category ?? ""] ?? group.key.token_category ?? null } })) };
  const told = named && barRows(named, { dim: "token_category", measure: "cost", linkOf, extra: ["tokens"] });
  const raw = answer && barRows(answer, { dim: "token_category", measure: "cost", linkOf });
  const rows = told?.rows.map((row, index) => ({ ...row, key: raw?.rows[index]?.key ?? row.key }));
  return (
    <Card id="categories" title="Cost by token category" unit="share, tokens" {...result} actions={<CardMenu id="categories" answer={answer} dim="token_category" measures={["cost", "tokens"]} />}>
      {told && rows && (rows.length ? <BarTable caption="Cost by token category" rows={rows} total={told.total} columns={["share", "tokens"]} /> : <NothingHere />)}
    </Card>
  );
}

const TOOL_COLUMNS = ["steps", "error_share", "latency_ms.p95", "cost"] as const;

export function Tools({ result }: { result: Result }) {
  const { address, carried } = useAddress();
  const { answer } = result;
  const columns = TOOL_COLUMNS.map((name) => showColumn((answer?.groups ?? []).map((group) => group.total[name] ?? null), measure(name), address.currency));
  return (
    <Card id="tools" title="Tools and retrieval" unit="own cost" {...result} actions={<CardMenu id="tools" answer={answer} dim="operation" measures={[...TOOL_COLUMNS]} />}>
      {answer && !answer.groups.length && <NothingHere />}
      {answer && answer.groups.length > 0 && (
        <div className={ui.scroll} tabIndex={0} role="region" aria-label="Tools and retrieval">
          <table className={ui.table}>
            <thead><tr><th scope="col">Operation</th><th scope="col">Steps</th><th scope="col">Errors</th><th scope="col">P95</th><th scope="col">Cost</th></tr></thead>
            <tbody>
              {answer.groups.map((group, row) => {
                const name = group.key.operation ?? "";
                return (
                  <tr key={name} data-row={name}>
                    <th scope="row"><Link className={ui.quietLink} to="/explore" search={carried(drilled(address, { where: [{ dim: "operation", in: [name] }] }), { m: "steps" })}>{name.replace(/_/g, " ")}</Link></th>
                    {TOOL_COLUMNS.map((column, index) => (
                      <td key={column} title={showExact(group.total[column], measure(column), address.currency)}>{columns[index]?.[row]}</td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
            <tfoot>
              <tr data-row="total"><th scope="row">Total</th>{TOOL_COLUMNS.map((column) => (
                <td key={column} title={showExact(answer.total.total[column], measure(column), address.currency)}>{show(answer.total.total[column], measure(column), address.currency)}</td>
              ))}</tr>
            </tfoot>
          </table>
        </div>
      )}
    </Card>
  );
}
