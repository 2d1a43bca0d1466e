import { hueClass } from "./Patterns";
import { Plot } from "./Plot";
import type { MarkProps } from "./StackedBars";
import { linePaths } from "./geometry";
import style from "./marks.module.css";

/** Values over time, unsmoothed: a gap where nothing is known, dashed to the running bucket. */
export function Lines({ chart, strong = null, ...rest }: MarkProps) {
  const shown = chart.series.length ? chart : { ...chart, series: [chart.total] };
  return (
    <Plot chart={shown} {...rest}>
      {(scales) =>
        linePaths(shown, scales).map((path, index) => {
          const one = shown.series[index];
          if (!one) return null;
          return (
            <g key={one.key} className={`${style.line} ${hueClass(one.colour)}`} data-faint={strong !== null && strong !== one.key ? "" : undefined}>
              <path d={path.solid} strokeDasharray={one.colour.texture ? "6 3" : undefined} />
              <path d={path.dashed} strokeDasharray="2 3" />
              {path.dots.map(([x, y]) => <circle key={x} cx={x} cy={y} r="2.5" />)}
            </g>
          );
        })
      }
    </Plot>
  );
}
