import { hueClass } from "./Patterns";
import { Plot, type PlotProps } from "./Plot";
import { stack } from "./geometry";
import style from "./marks.module.css";

export type MarkProps = Omit<PlotProps, "children" | "isStacked"> & { strong?: string | null };

/** Parts of a whole over time; hatched on top what is pending, outside the total. */
export function StackedBars({ chart, strong = null, ...rest }: MarkProps) {
  const all = chart.series.length ? chart.series : [chart.total];
  return (
    <Plot chart={chart} isStacked {...rest}>
      {(scales, patterns) => {
        const { paths, cap, running } = stack(chart, scales);
        return (
          <>
            {all.map((one, index) => (
              <g key={one.key} className={style.series} data-faint={strong !== null && strong !== one.key ? "" : undefined}>
                <path className={hueClass(one.colour)} d={paths[index]} />
                {one.colour.texture > 0 && <path d={paths[index]} fill={`url(#${patterns}${one.colour.texture})`} />}
              </g>
            ))}
            {cap && <path className={style.capEdge} d={cap} fill={`url(#${patterns}p)`} />}
            {running && <path className={style.running} d={running} />}
          </>
        );
      }}
    </Plot>
  );
}
