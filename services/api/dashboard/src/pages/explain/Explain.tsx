import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Problem, ask } from "~/api/client";
import type { Where } from "~/api/types";
import { measure, showExact } from "~/format/measures";
import { money, signedMoney } from "~/format/money";
import { Drivers } from "~/marks/Drivers";
import { labelOf } from "~/marks/prepare";
import { compareOf, drilled, queryOf, useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { Empty } from "~/ui/Notice";
import { Pending } from "~/ui/Pending";
import { Tile, Tiles } from "~/ui/Tile";
import { useTellAsOf } from "~/ui/asOf";
import ui from "~/ui/ui.module.css";

import { CAUSES, type Explanation, categoryLabel, causes, waitingWords } from "./explanation";

const COST = measure("cost");
const SHOWN_MAX = 20;

function useExplanation() {
  const { address } = useAddress();
  const asked = { ...queryOf(address, { measures: [] }), compare: compareOf(address) ?? "previous" };
  const body = { from: asked.from, to: asked.to, tz: asked.tz, where: asked.where, currency: asked.currency, compare: asked.compare };
  const found = useQuery({
    queryKey: ["explain", body],
    queryFn: ({ signal }) => ask<Explanation>("/v1/explain-change", { method: "POST", body, signal }),
    placeholderData: keepPreviousData,
  });
  return {
    answer: found.data,
    problem: found.error instanceof Problem ? found.error : undefined,
    isLoading: found.isPending,
    isStale: found.isPlaceholderData || found.isError,
    isFetching: found.isFetching,
  };
}

/** Null is all models that are not told apart, an empty one is "no model". */
function whereOf(model: string | null): Where[] {
  if (model === null) return [];
  return model ? [{ dim: "model", in: [model] }] : [{ dim: "model", is_null: true }];
}

/** Why the cost changed: five causes and the drivers behind them, whose sums are the change exactly. */
export default function Explain() {
  const { address, carried } = useAddress();
  const { isFetching, ...result } = useExplanation();
  const { answer } = result;
  const { currency } = address;
  useTellAsOf(answer?.as_of ?? null, isFetching);
  const drivers = (answer?.drivers ?? []).slice(0, SHOWN_MAX).map((driver) => ({
    key: `${driver.model ?? ""} ${driver.token_category}`,
    change: driver.difference,
    label: (
      <Link to="/explore" search={carried(drilled(address, { where: whereOf(driver.model) }), { m: "cost", by: "token_category" })}>
        {driver.model === null ? "Other models" : labelOf(driver.model)} <span className={ui.faint}>{categoryLabel(driver.token_category)}</span>
      </Link>
    ),
    cells: CAUSES.map(([name]) => signedMoney(driver[name], currency)),
  }));
  const tile = (id: string, title: string, value: string | undefined, isSigned = false) => (
    <Tile id={id} title={title} isLoading={result.isLoading} exact={showExact(value, COST, currency)}
      value={value === undefined ? "—" : isSigned ? signedMoney(value, currency) : money(value, currency)} />
  );
  return (
    <>
      <h1>Why the cost changed</h1>
      <div className={ui.grid}>
        <Tiles>
          {tile("before", "Before", answer?.before)}
          {tile("after", "After", answer?.after)}
          {tile("difference", "Change", answer?.difference, true)}
        </Tiles>
        <Card id="causes" title="Causes" unit="their sum is the change" span={12} {...result}>
          {answer && <Drivers caption="Causes of the change" currency={currency} total={answer.difference} drivers={causes(answer)} />}
          {answer && waitingWords(answer) && <p className={ui.faint} data-note="waiting">{waitingWords(answer)}</p>}
          {answer && <Pending completeness={answer.completeness} currency={currency} />}
        </Card>
        <Card id="drivers" title="Drivers" unit="by model and token category" span={12} {...result}>
          {answer && (drivers.length
            ? <Drivers caption="Drivers of the change" currency={currency} drivers={drivers} columns={CAUSES.map(([, label]) => label)} />
            : <Empty title="Nothing changed between the two periods." />)}
        </Card>
      </div>
    </>
  );
}
