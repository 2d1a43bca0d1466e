import style from "./ui.module.css";

export interface SegmentsProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
}

/** One of a few; on narrow screens a select. */
export function Segments({ label, value, options, onChoose }: SegmentsProps) {
  return (
    <>
      <div className={style.segments} data-many={options.length > 3 ? "" : undefined} role="group" aria-label={label}>
        {options.map(([key, words]) => (
          <button key={key} aria-pressed={key === value} onClick={() => onChoose(key)}>{words}</button>
        ))}
      </div>
      {options.length > 3 && (
        <select className={style.narrowSelect} aria-label={label} value={value} onChange={(event) => onChoose(event.target.value)}>
          {options.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
        </select>
      )}
    </>
  );
}
