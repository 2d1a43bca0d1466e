import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { PAGES } from "~/pages";
import { PRESETS, resolve, shifted, wallNow } from "~/state/range";
import { absolute, useAddress } from "~/state/useAddress";
import { writeAddress, writeSearch, defaults } from "~/state/address";

export interface Shortcuts {
  open: "palette" | "help" | null;
  openPalette: () => void;
  close: () => void;
}

export const HELP: [string, string][] = [
  ["Ctrl K", "Search pages, orgs, assistants, models, ranges"],
  ["?", "This list"],
  ["/", "Add a filter"],
  ["g then o e s …", "Go to a page"],
  ["← →", "Period before, after"],
  ["d w m", "Today, 7 days, 30 days"],
  ["x", "Compare on, off"],
  ["t", "Tables instead of charts"],
  ["y", "Copy a link with absolute times"],
];

const RANGES: Record<string, string> = { d: "today", w: "7d", m: "30d" };

function isTyping(target: EventTarget | null): boolean {
  const node = target instanceof HTMLElement ? target : null;
  return node?.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu]") != null;
}

export function isEnabled(): boolean {
  try {
    return localStorage.getItem("shortcuts") !== "off";
  } catch {
    return true;
  }
}

/** The link that shows the same figures tomorrow. */
export function useCopyLink(): () => Promise<void> {
  const { address, search } = useAddress();
  return async () => {
    const fixed = writeAddress(absolute(address, new Date()), { ...defaults(""), from: "", to: "" }, search);
    await navigator.clipboard.writeText(`${location.origin}${location.pathname}${writeSearch(fixed)}`);
  };
}

export function usePeriod(): (periods: number) => void {
  const { address, change } = useAddress();
  return (periods) => {
    const now = wallNow(new Date(), address.tz);
    change(shifted(resolve(address.from, now), resolve(address.to, now), periods));
  };
}

function press(selector: string): void {
  for (const node of document.querySelectorAll<HTMLElement>(selector)) node.click();
}

export function useShortcuts(): Shortcuts {
  const [open, setOpen] = useState<Shortcuts["open"]>(null);
  const { address, change, carried } = useAddress();
  const navigate = useNavigate();
  const move = usePeriod();
  const copyLink = useCopyLink();
  const afterG = useRef(false);

  const act = (key: string): boolean => {
    if (afterG.current) {
      afterG.current = false;
      const page = PAGES.find((one) => one.nav?.key === key);
      if (page) void navigate({ to: page.path, search: carried() });
      return page !== undefined;
    }
    const preset = PRESETS.find((one) => one.key === RANGES[key]);
    if (preset) change({ from: preset.from, to: preset.to });
    const actions: Record<string, () => void> = {
      "?": () => setOpen("help"),
      "/": () => press("[data-add-filter]"),
      g: () => (afterG.current = true),
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      x: () => change({ cmp: address.cmp === "none" ? "previous" : "none" }),
      t: () => press("[data-table-toggle]"),
      y: () => void copyLink(),
    };
    actions[key]?.();
    return preset !== undefined || key in actions;
  };

  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen("palette");
        return;
      }
      const isOther = event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented;
      if (!isOther && !isTyping(event.target) && isEnabled() && latest.current(event.key)) event.preventDefault();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return { open, openPalette: () => setOpen("palette"), close: () => setOpen(null) };
}
