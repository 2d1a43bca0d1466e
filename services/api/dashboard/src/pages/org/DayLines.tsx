import type { Result } from "~/api/hooks";
import { measure, show, showColumn, showExact } from "~/format/measures";
import { useAddress } from "~/state/useAddress";
import { Card } from "~/ui/Card";
import { NothingHere } from "~/ui/NothingHere";
import { saveCsv, saveJson } from "~/ui/download";
import ui from "~/ui/ui.module.css";

import { type Day, dayLines } from "./days";
import style from "./org.module.css";

const COLUMNS = ["charge", "calls", "tokens"] as const;

function csvRows(days: readonly Day[]): (string | number | null)[][] {
  return [["date", ...COLUMNS, "pending_calls", "status"], ...days.map((day) => [day.date, day.charge, day.calls, day.tokens, day.pending, day.status])];
}

/** The lines a bill is made of; each says whether it can still change. */
export function DayLines({ result, org }: { result: Result; org: string }) {
  const { address } = useAddress();
  const { answer } = result;
  const days = answer ? dayLines(answer) : [];
  const texts = COLUMNS.map((name) => showColumn(days.map((day) => day[name]), measure(name), address.currency));
  const { currency } = address;
  return (
    <Card id="days" title="Daily lines" unit={address.currency} span={12} {...result}
      actions={
        <>
          <button className={ui.button} disabled={!days.length} onClick={() => saveCsv(csvRows(days), `${org}-days`)}>CSV</button>
          <button className={ui.button} disabled={!days.length} onClick={() => saveJson(days, `${org}-days`)}>JSON</button>
        </>
      }>
      {answer && !days.length && <NothingHere />}
      {answer && days.length > 0 && (
        <div className={ui.scroll} tabIndex={0} role="region" aria-label="Daily lines">
          <table className={ui.table}>
            <thead><tr><th scope="col">Day</th>{COLUMNS.map((name) => <th scope="col" key={name}>{measure(name).label}</th>)}<th scope="col">State</th></tr></thead>
            <tbody>
              {days.map((day, row) => (
                <tr key={day.date} data-row={day.date}>
                  <th scope="row">{day.date}</th>
                  {COLUMNS.map((name, column) => <td key={name} title={showExact(day[name], measure(name), currency)}>{texts[column]?.[row]}</td>)}
                  <td><span className={style.state} data-final={day.isSettled ? "" : undefined} data-pending={day.pending ? "" : undefined}>{day.status}</span></td>
                </tr>
              ))}
            </tbody>
            <tfoot><tr data-row="total"><th scope="row">Total</th>{COLUMNS.map((name) => <td key={name} title={showExact(answer.total.total[name], measure(name), currency)}>{show(answer.total.total[name], measure(name), currency)}</td>)}<td /></tr></tfoot>
          </table>
        </div>
      )}
    </Card>
  );
}
