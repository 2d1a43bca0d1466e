import { useNavigate } from "@tanstack/react-router";

import { type Result, useBatch } from "~/api/hooks";
import { useGet } from "~/api/hooks";
import { useSession } from "~/api/session";
import { MEASURES, measure } from "~/format/measures";
import { BarTable } from "~/marks/BarTable";
import type { Series } from "~/marks/prepare";
import { barRows } from "~/marks/rows";
import { drilled, useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { CardMenu } from "~/ui/CardMenu";
import { ChartCard } from "~/ui/ChartCard";
import { dimLabel } from "~/ui/Filters";
import { Icon } from "~/ui/Icon";
import { Menu } from "~/ui/Menu";
import { Notice } from "~/ui/Notice";
import { NothingHere } from "~/ui/NothingHere";
import { Pending } from "~/ui/Pending";
import { Segments } from "~/ui/Segments";
import { useTellAsOf } from "~/ui/asOf";
import { callsPath, exportPath, saveFrom } from "~/ui/download";
import ui from "~/ui/ui.module.css";

import style from "./explore.module.css";
import { INTERVALS, exploreQueries, readAsked } from "./asked";

interface Schema {
  measures: { name: string; dims: string[] }[];
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label className={style.choice}>{label}
      <select className={ui.input} value={value} onChange={(event) => onChoose(event.target.value)}>
        {options.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
      </select>
    </label>
  );
}

function Members({ result, dim, name }: { result: Result; dim: string; name: string }) {
  const { address, linked } = useAddress();
  const { answer } = result;
  const linkOf = (one: Series) => ({ to: ".", search: linked(drilled(address, { where: one.where })) });
  const extra = name === "calls" || dim === "token_category" ? [] : ["calls"];
  const told = answer && barRows(answer, { dim, measure: name, linkOf, extra });
  const columns = [...(measure(name).additive ? ["share"] : []), ...extra];
  return (
    <Card id="members" title={dimLabel(dim)} unit={[measure(name).label.toLowerCase(), ...columns].join(", ")} span={12} {...result}
      actions={<CardMenu id="explore" answer={answer} dim={dim} measures={[name, ...extra]} />}>
      {told && (told.rows.length ? <BarTable caption={`${measure(name).label} by ${dim}`} {...told} columns={columns} /> : <NothingHere />)}
      {answer && <Pending completeness={answer.completeness} currency={address.currency} />}
    </Card>
  );
}

/** Any measure by any dimension, over the range of the bar; where every chart leads. */
export default function Explore() {
  const { address, change, search } = useAddress();
  const navigate = useNavigate();
  const isTeam = useSession().data?.role === "team";
  const asked = readAsked(search);
  const schema = useGet<Schema>("/v1/query/schema", 3_600_000).answer;
  const known = schema?.measures.find((one) => one.name === asked.measure);
  const names = schema?.measures.map((one) => one.name) ?? [asked.measure];
  const dims = (known?.dims ?? [address.by]).filter((dim) => isTeam || dim !== "org");
  const { of, asOf, isFetching } = useBatch(exploreQueries(address, asked));
  useTellAsOf(asOf, isFetching);
  const own = (part: Record<string, string>) => void navigate({ to: ".", search: { ...search, ...part } });
  const chart = of("chart").answer;
  const rows = chart && exportPath(chart.query);
  const isBars = measure(asked.measure).additive;
  return (
    <>
      <div className={ui.pageHead}>
        <h1>Explore</h1>
        <div className={style.choices}>
          <Choice label="Measure" value={asked.measure} onChoose={(m) => own({ m })} options={names.filter((name) => MEASURES.includes(name)).map((name) => [name, measure(name).label])} />
          <Choice label="By" value={address.by} onChoose={(by) => change({ by })} options={dims.map((dim) => [dim, dimLabel(dim)])} />
          <Menu label="Download all" trigger={<><Icon name="down" size={16} />Download all</>} items={[
            { key: "groups", label: "All rows of this question", isDisabled: !rows, onSelect: () => rows && void saveFrom(rows, "groups.csv") },
            { key: "calls", label: "The calls themselves", isDisabled: !chart, onSelect: () => chart && void saveFrom(callsPath(chart.query), "calls.csv") },
          ]} />
        </div>
      </div>
      {asked.problem && <Notice tone="warn">{asked.problem}</Notice>}
      <div className={ui.grid}>
        <ChartCard id="explore" title={measure(asked.measure).label} unit={measure(asked.measure).kind === "money" ? address.currency : ""} span={12} isWide height={340}
          result={of("chart")} mark={isBars ? "bars" : "lines"} measures={[asked.measure]} dim={address.by}
          controls={<Segments label="Interval" value={asked.interval} options={INTERVALS} onChoose={(i) => own({ i })} />} />
        <Members result={of("table")} dim={address.by} name={asked.measure} />
      </div>
    </>
  );
}
