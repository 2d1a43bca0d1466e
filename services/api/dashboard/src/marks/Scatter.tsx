import { scaleSymlog } from "d3-scale";
import { useState } from "react";

import { useWidth } from "./Plot";
import style from "./marks.module.css";

export interface Point {
  key: string;
  label: string;
  x: number;
  y: number;
  text: string;
}

export interface ScatterProps {
  points: Point[];
  sentence: string;
  xTitle: string;
  yTitle: string;
  tick: (value: number) => string;
  height?: number;
}

/** Two amounts against each other on one common logarithmic scale; the diagonal is where they are equal. */
export function Scatter({ points, sentence, xTitle, yTitle, tick, height = 260 }: ScatterProps) {
  const [measured, width] = useWidth();
  const [hovered, setHovered] = useState<Point | null>(null);
  const most = Math.max(1, ...points.flatMap((point) => [point.x, point.y]));
  const x = scaleSymlog([0, most * 1.15], [52, width - 12]);
  const y = scaleSymlog([0, most * 1.15], [height - 30, 12]);
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) + 1 }, (_, index) => 10 ** index).filter((value) => value <= most * 1.15);
  const ticks = [0, ...powers];
  return (
    <div className={style.plot} ref={measured} style={{ height }}>
      {width > 0 && (
        <svg className={style.svg} width={width} height={height} role="img" aria-label={sentence}>
          {ticks.map((value) => (
            <g key={value}>
              <line className={style.grid} x1={52} x2={width - 12} y1={y(value)} y2={y(value)} />
              <text className={style.tick} x={46} y={y(value)} dy="0.32em" textAnchor="end">{tick(value)}</text>
              <text className={style.tick} x={x(value)} y={height - 14} textAnchor="middle">{tick(value)}</text>
            </g>
          ))}
          <line className={style.ref} x1={x(0)} y1={y(0)} x2={x(most)} y2={y(most)} />
          <text className={style.tick} x={width - 12} y={height - 1} textAnchor="end">{xTitle}</text>
          <text className={style.tick} x={56} y={12}>{yTitle}</text>
          {points.map((point) => (
            <circle key={point.key} className={style.point} cx={x(point.x)} cy={y(point.y)} r={hovered === point ? 7 : 5} onPointerEnter={() => setHovered(point)} onPointerLeave={() => setHovered(null)} />
          ))}
        </svg>
      )}
      {hovered && (
        <div className={style.tip} style={{ left: Math.min(x(hovered.x) + 10, Math.max(0, width - 230)), top: Math.max(0, y(hovered.y) - 50) }}>
          <p className={style.tipTitle}>{hovered.label}</p>{hovered.text}
        </div>
      )}
    </div>
  );
}
