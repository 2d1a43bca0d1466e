import { Swatch } from "./Patterns";
import style from "./marks.module.css";
import { type Chart, tipOf } from "./prepare";

interface TipProps {
  chart: Chart;
  index: number | null;
  x: number;
  width: number;
}

/** The figures of the marked bucket, exact, beside it; read aloud too. */
export function Tip({ chart, index, x, width }: TipProps) {
  const told = index === null ? null : tipOf(chart, index);
  const words = told ? `${told.title}: ${told.rows.map((row) => `${row.label} ${row.exact}`).join(", ")}. ${told.note}` : "";
  return (
    <>
      <span className="hidden" aria-live="polite">{words}</span>
      {told && (
        <div className={style.tip} aria-hidden="true" data-side={x > width / 2 ? "left" : "right"} style={x > width / 2 ? { right: width - x + 12 } : { left: x + 12 }}>
          <p className={style.tipTitle}>{told.title}</p>
          <table>
            <tbody>
              {told.rows.map((row) => (
                <tr key={row.key} data-total={row.colour ? undefined : ""}>
                  <td>{row.colour && <Swatch colour={row.colour} />}</td>
                  <th scope="row">{row.label}</th>
                  <td>{row.exact.length > 22 ? row.text : row.exact}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {told.note && <p className={style.tipNote}>{told.note}</p>}
        </div>
      )}
    </>
  );
}
