import { useState } from "react";

import { Icon } from "./Icon";
import style from "./ui.module.css";

const SAID_MS = 1_500;

export interface SnippetProps {
  text: string;
  /** What it is, for the button and for readers of the screen. */
  label: string;
}

/** Text to paste elsewhere, exactly as it stands. */
export function Snippet({ text, label }: SnippetProps) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), SAID_MS);
  };
  return (
    <div className={style.paste}>
      <pre tabIndex={0} aria-label={label} data-snippet={label}>{text}</pre>
      <button className={style.button} onClick={() => void copy()} aria-label={`Copy: ${label}`}><Icon name={isCopied ? "check" : "copy"} size={15} />{isCopied ? "Copied" : "Copy"}</button>
    </div>
  );
}
