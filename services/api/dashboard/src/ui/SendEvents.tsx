import { useState } from "react";

import { type Way, WAYS, newId, snippet } from "~/pages/welcome/snippets";

import { Segments } from "./Segments";
import { Snippet } from "./Snippet";
import style from "./ui.module.css";

/** Made once for each visit, so that a snippet pasted twice is one event. */
const MADE = { id: newId(), at: new Date().toISOString() };

export interface SendEventsProps {
  /** Stands in the snippets; else the name of a variable does. */
  secret?: string;
  ingest?: string | null | undefined;
  kafka?: { bootstrap: string; topic: string } | undefined;
}

/** How to send the first event, in every way, ready to paste. */
export function SendEvents({ secret = "$INGEST_KEY", ingest, kafka }: SendEventsProps) {
  const [way, setWay] = useState<Way>("curl");
  const where = {
    key: secret,
    ingest: ingest ?? `${location.protocol}//${location.hostname}:8080`,
    bootstrap: kafka?.bootstrap ?? "127.0.0.1:19092",
    topic: kafka?.topic ?? "calls.v1",
  };
  return (
    <div className={style.snippet}>
      <Segments label="How to send" value={way} options={WAYS} onChoose={(one) => setWay(one as Way)} />
      <Snippet label={`a first event with ${way}`} text={snippet(way, MADE, where)} />
    </div>
  );
}
