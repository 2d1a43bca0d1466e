import style from "./marks.module.css";

export interface BulletProps {
  /** Share of the whole that is used; may pass 1. */
  used: number;
  /** Share that would be used by now at an even pace. */
  pace: number | null;
  label: string;
}

export function bulletState(used: number, pace: number | null): "over" | "ahead" | "within" {
  if (used > 1) return "over";
  return pace !== null && used > pace ? "ahead" : "within";
}

/** What is used of a budget, against how much of its time is gone (the upright line). */
export function Bullet({ used, pace, label }: BulletProps) {
  const scale = Math.max(1, used);
  return (
    <div className={style.bullet} data-state={bulletState(used, pace)} role="img" aria-label={label}>
      <span className={style.bulletFill} style={{ width: `${(used / scale) * 100}%` }} />
      {pace !== null && <span className={style.bulletMark} style={{ left: `${(pace / scale) * 100}%` }} />}
    </div>
  );
}
