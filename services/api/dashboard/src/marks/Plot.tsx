import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

import { showTicks } from "~/format/measures";

import { Patterns } from "./Patterns";
import { Tip } from "./Tip";
import { type Frame, type Scales, scales } from "./geometry";
import style from "./marks.module.css";
import { type Chart, ticks } from "./prepare";
import { useBuckets } from "./useBuckets";

export function useWidth(): [(node: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(0);
  const [node, setNode] = useState<HTMLElement | null>(null);
  useLayoutEffect(() => {
    if (!node) return;
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, [node]);
  return [setNode, width];
}

export interface PlotProps {
  chart: Chart;
  height?: number;
  isStacked?: boolean;
  onPick?: ((bucket: number) => void) | undefined;
  children: (scales: Scales, patterns: string) => ReactNode;
}

/** Grid, axes, the marked bucket, its tip and its words; the marks themselves are its children. */
export function Plot({ chart, height = 220, isStacked = false, onPick, children }: PlotProps) {
  const [measured, width] = useWidth();
  const patterns = useId();
  const svg = useRef<SVGSVGElement>(null);
  const frame: Frame = { width, height, left: 46, top: 10, bottom: 24, right: 4 };
  const scale = scales(chart, frame, isStacked);
  const buckets = useBuckets(chart.buckets.length, (x) => Math.floor((x - frame.left) / scale.band), onPick);
  const marked = buckets.index;
  const labels = showTicks(scale.yTicks, chart.measure, chart.currency);
  return (
    <div className={style.plot} ref={measured} style={{ height }}>
      {width > 0 && (
        <svg ref={svg} className={style.svg} width={width} height={height} role="img" aria-label={chart.sentence}
          tabIndex={0} data-pick={onPick ? "" : undefined} {...buckets.handlers}>
          <Patterns id={patterns} />
          {scale.yTicks.map((tick, index) => (
            <g key={tick}>
              <line className={tick === 0 ? style.zero : style.grid} x1={frame.left} x2={width - frame.right} y1={scale.y(tick)} y2={scale.y(tick)} />
              <text className={style.tick} x={frame.left - 8} y={scale.y(tick)} dy="0.32em" textAnchor="end">
                {labels[index]}
              </text>
            </g>
          ))}
          {ticks(chart, width - frame.left).map((index) => (
            <text className={style.tick} key={index} y={height - 6} textAnchor={index === 0 ? "start" : "middle"}
              x={index === 0 ? Math.max(frame.left, scale.x(0)) : Math.min(scale.x(index) + scale.band / 2, width - 18)}>
              {chart.buckets[index]?.tick}
            </text>
          ))}
          {marked !== null && (
            <rect className={style.band} x={scale.x(marked)} width={scale.band} y={frame.top} height={height - frame.bottom - frame.top} />
          )}
          {children(scale, patterns)}
        </svg>
      )}
      <Tip chart={chart} index={marked} x={marked === null ? 0 : scale.x(marked) + scale.band / 2} width={width} />
    </div>
  );
}
