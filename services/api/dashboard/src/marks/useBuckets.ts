import { type KeyboardEvent, type PointerEvent, useState } from "react";

export interface Buckets {
  index: number | null;
  handlers: {
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => void;
    onPointerLeave: () => void;
    onKeyDown: (event: KeyboardEvent<SVGSVGElement>) => void;
    onBlur: () => void;
    onClick: () => void;
  };
}

const MOVES: Record<string, (index: number, last: number) => number> = {
  ArrowLeft: (index) => Math.max(0, index - 1),
  ArrowRight: (index, last) => Math.min(last, index + 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** The bucket under the pointer or reached with the arrow keys; Enter and click pick it. */
export function useBuckets(count: number, at: (x: number) => number, onPick?: (index: number) => void): Buckets {
  const [index, setIndex] = useState<number | null>(null);
  const within = index !== null && index < count ? index : null;
  const pick = () => {
    if (within !== null) onPick?.(within);
  };
  return {
    index: within,
    handlers: {
      onPointerMove: (event) => {
        const found = at(event.clientX - event.currentTarget.getBoundingClientRect().left);
        setIndex(found >= 0 && found < count ? found : null);
      },
      onPointerLeave: () => setIndex(null),
      onBlur: () => setIndex(null),
      onClick: pick,
      onKeyDown: (event) => {
        const move = MOVES[event.key];
        if (event.key === "Enter") pick();
        else if (event.key === "Escape") setIndex(null);
        else if (move) setIndex(within === null && event.key === "ArrowLeft" ? count - 1 : move(within ?? -1, count - 1));
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    },
  };
}
