import { useState } from "react";

import { useWidth } from "./Plot";
import style from "./marks.module.css";

export interface Bin {
  low: number;
  high: number;
  count: number;
  label: string;
}

export interface Mark {
  label: string;
  value: number;
  text: string;
}

export interface HistogramProps {
  bins: Bin[];
  marks: Mark[];
  sentence: string;
  height?: number;
}

/** Where a value lies along bins of growing width: by its place inside its own bin. */
export function position(bins: readonly Bin[], value: number): number {
  const index = bins.findIndex((bin) => value < bin.high);
  if (index < 0) return bins.length;
  const bin = bins[index];
  if (!bin) return 0;
  const inside = bin.high > bin.low ? (value - bin.low) / (bin.high - bin.low) : 0;
  return index + Math.min(1, Math.max(0, inside));
}

/** Counts in bins on a logarithmic axis, with the mean and percentiles as upright lines. */
export function Histogram({ bins, marks, sentence, height = 168 }: HistogramProps) {
  const [measured, width] = useWidth();
  const [hovered, setHovered] = useState<number | null>(null);
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const [top, bottom] = [44, 22];
  const band = width / Math.max(1, bins.length);
  const y = (count: number) => height - bottom - (count / most) * (height - top - bottom);
  const every = Math.max(1, Math.ceil(bins.length / Math.max(1, width / 74)));
  const at = (mark: Mark) => Math.min(width - 1, position(bins, mark.value) * band);
  const bin = hovered === null ? undefined : bins[hovered];
  return (
    <div className={style.plot} ref={measured} style={{ height }}>
      {width > 0 && (
        <svg className={style.svg} width={width} height={height} role="img" aria-label={sentence} onPointerLeave={() => setHovered(null)}>
          <line className={style.zero} x1={0} x2={width} y1={height - bottom} y2={height - bottom} />
          {bins.map((one, index) => (
            <g key={one.low} onPointerEnter={() => setHovered(index)}>
              <rect x={index * band} width={band} y={top} height={height - top} fill="transparent" />
              <rect className={style.histBar} x={index * band + 1} width={Math.max(1, band - 2)} y={y(one.count)} height={height - bottom - y(one.count)} />
              {index % every === 0 && <text className={style.tick} x={index * band + 1} y={height - 6}>{one.label}</text>}
            </g>
          ))}
          {marks.map((mark, index) => <line key={mark.label} className={style.ref} x1={at(mark)} x2={at(mark)} y1={12 + (index % 3) * 14} y2={height - bottom} />)}
          {marks.map((mark, index) => {
            const x = at(mark);
            return (
              <text key={mark.label} className={style.refText} x={x > width - 90 ? x - 4 : x + 4} y={15 + (index % 3) * 14} textAnchor={x > width - 90 ? "end" : "start"}>
                {mark.label} {mark.text}
              </text>
            );
          })}
        </svg>
      )}
      {bin && (
        <div className={style.tip} style={{ left: Math.min(width - 150, (hovered ?? 0) * band + band) }}>
          <p className={style.tipTitle}>{bin.count.toLocaleString("en-US")} conversations</p>
          from {bin.label} on
        </div>
      )}
    </div>
  );
}
