/** What the Explore page asks, from its own part of the address. Pure. */
import type { Query } from "~/api/types";
import { MEASURES, measure } from "~/format/measures";
import type { Address, Search } from "~/state/address";
import { queryOf } from "~/state/useAddress";

export const INTERVALS = [["auto", "Auto"], ["hour", "Hour"], ["day", "Day"], ["week", "Week"], ["month", "Month"]] as const;
const CHART_TOP = 7;
const TABLE_TOP = 50;

export interface Asked {
  measure: string;
  interval: string;
  problem: string;
}

function one(search: Search, name: string): string | undefined {
  const value = search[name];
  return Array.isArray(value) ? value[0] : value;
}

export function readAsked(search: Search): Asked {
  const [m, i] = [one(search, "m") ?? "cost", one(search, "i") ?? "auto"];
  const isMeasure = MEASURES.includes(m);
  const isInterval = INTERVALS.some(([key]) => key === i);
  const wrong = [isMeasure ? "" : `m=${m}`, isInterval ? "" : `i=${i}`].filter(Boolean).join(" and ");
  return { measure: isMeasure ? m : "cost", interval: isInterval ? i : "auto", problem: wrong && `${wrong} cannot be used; the defaults are shown` };
}

/** The chart's few members over time, and the table's many over the whole range. */
export function exploreQueries(address: Address, { measure: name, interval }: Asked): Record<"chart" | "table", Query> {
  const order = measure(name).additive ? name : "calls";
  const isCategory = address.by === "token_category";
  const measures = name === "calls" || isCategory ? [name] : [name, "calls"];
  const by = (top: number) => [{ dim: address.by, top, ...(isCategory ? {} : { order }) }];
  return {
    chart: queryOf(address, { measures, by: by(CHART_TOP), interval }),
    table: queryOf(address, { measures, by: by(TABLE_TOP) }),
  };
}
