import { useId } from "react";

import style from "./marks.module.css";
import type { Colour } from "./prepare";

/** Textures, laid over a hue: stripes, dots, and the hatch of what is pending. */
export function Patterns({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}1`} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className={style.texture} width="2.4" height="7" />
      </pattern>
      <pattern id={`${id}2`} width="7" height="7" patternUnits="userSpaceOnUse">
        <circle className={style.texture} cx="1.8" cy="1.8" r="1.25" />
        <circle className={style.texture} cx="5.3" cy="5.3" r="1.25" />
      </pattern>
      <pattern id={`${id}p`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className={style.hatch} width="1.6" height="5" />
      </pattern>
    </defs>
  );
}

export function hueClass({ slot }: Colour): string {
  return style[`hue${slot}`] ?? "";
}

/** The colour of a series with its texture, small: in legends, tips and tables. */
export function Swatch({ colour }: { colour: Colour }) {
  const id = useId();
  return (
    <svg className={style.swatch} width="10" height="10" aria-hidden="true">
      {(colour.texture > 0 || colour.slot === "pending") && <Patterns id={id} />}
      {colour.slot === "pending"
        ? <rect className={style.capEdge} x="0.5" y="0.5" width="9" height="9" fill={`url(#${id}p)`} />
        : <rect className={hueClass(colour)} width="10" height="10" rx="2.5" />}
      {colour.texture > 0 && <rect width="10" height="10" rx="2.5" fill={`url(#${id}${colour.texture})`} />}
    </svg>
  );
}
