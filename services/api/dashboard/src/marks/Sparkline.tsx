import { sparkPath } from "./geometry";
import style from "./marks.module.css";

export interface SparkProps {
  values: readonly (number | null)[];
  label: string;
  width?: number;
  height?: number;
}

/** The shape of a series without figures; the tile beside it has those. */
export function Sparkline({ values, label, width = 120, height = 32 }: SparkProps) {
  return (
    <svg className={style.spark} width="100%" height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={sparkPath(values, width, height)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
