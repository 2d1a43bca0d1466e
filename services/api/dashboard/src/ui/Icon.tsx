import type { ReactNode } from "react";

const PATHS = {
  overview: "M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z",
  explore: "M3 16V4M3 16h14M6.5 13V9M10 13V6M13.5 13v-2.5",
  conversations: "M4 4h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H9l-4 3.5V13H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  compare: "M7 3v14M13 3v14M3 7l4-4M17 13l-4 4",
  prices: "M10.5 3H17v6.5l-7.2 7.2a1 1 0 0 1-1.4 0l-5.1-5.1a1 1 0 0 1 0-1.4zM13.6 6.4v.01",
  pending: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4.2l2.8 1.8",
  health: "M3 10h3l2-5 4 10 2-5h3",
  settings: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
  org: "M4 17V4.5l6-1.5v14M10 7h6v10M3 17h14M7 7v.01M7 10v.01M7 13v.01M13 10v.01M13 13v.01",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  calendar: "M4 5h12v12H4zM4 9h12M7 3v3M13 3v3",
  filter: "M3 5h14M6 10h8M8.5 15h3",
  more: "M5 10v.01M10 10v.01M15 10v.01",
  table: "M3 4h14v12H3zM3 8h14M3 12h14M9 8v8",
  chart: "M3 16V4M3 16h14M6.5 13V9M10 13V6M13.5 13v-2.5",
  link: "M8.5 11.5l3-3M9 6l1.6-1.6a3.4 3.4 0 0 1 4.9 4.9L14 11M11 14l-1.6 1.6a3.4 3.4 0 0 1-4.9-4.9L6 9",
  left: "M12 4l-6 6 6 6",
  right: "M8 4l6 6-6 6",
  down: "M5 8l5 5 5-5",
  close: "M5 5l10 10M15 5L5 15",
  plus: "M10 4v12M4 10h12",
  check: "M4 10.5l4 4 8-9",
  warn: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3v.01",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13l4 4",
  copy: "M7 7h9v9H7zM4 13V4h9",
  share: "M10 12V3M6.5 6L10 2.5 13.5 6M5 9H4v8h12V9h-1",
  out: "M8 4H4v12h4M12 7l3 3-3 3M15 10H8",
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps {
  name: IconName;
  size?: number;
}

/** Our own strokes, one weight; always beside a word or under a label. */
export function Icon({ name, size = 18 }: IconProps): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} strokeWidth={name === "more" ? 2.4 : undefined} />
    </svg>
  );
}

export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--s0)" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round"><path d="M9 9v14M14 9v14M19 9v14M24 9v14M6 20 27 12" /></g>
    </svg>
  );
}
