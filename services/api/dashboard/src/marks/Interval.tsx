import style from "./marks.module.css";

export interface IntervalProps {
  low: number;
  high: number;
  middle: number;
  /** Edges of the common axis of several intervals. */
  domain: [number, number];
  label: string;
}

/** An estimate with its interval on a shared axis; zero is marked where the axis holds it. */
export function Interval({ low, high, middle, domain: [from, to], label }: IntervalProps) {
  const at = (value: number) => `${((value - from) / (to - from || 1)) * 100}%`;
  return (
    <svg className={`${style.spark} ${style.hue0}`} width="100%" height="20" role="img" aria-label={label}>
      {from < 0 && to > 0 && <line className={style.zero} x1={at(0)} x2={at(0)} y1="0" y2="20" />}
      <line className={style.interval} x1={at(low)} x2={at(high)} y1="10" y2="10" />
      <line className={style.interval} x1={at(low)} x2={at(low)} y1="6" y2="14" />
      <line className={style.interval} x1={at(high)} x2={at(high)} y1="6" y2="14" />
      <circle cx={at(middle)} cy="10" r="4" />
    </svg>
  );
}
