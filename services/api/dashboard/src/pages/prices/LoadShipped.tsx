import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { whole } from "~/format/measures";
import { Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import style from "./prices.module.css";

const PATH = "/v1/prices/shipped";
/** Until the ledger's copy of the book has what was published; an answer before that is the old one. */
const MIRRORED_MS = 3_000;

interface Shipped {
  records: number;
  missing: number;
}

interface Loaded {
  published: number;
  held_back: { key: string; instead_of: string }[];
}

function Done({ published, held_back: held }: Loaded) {
  return (
    <Notice tone="good">
      <span data-figure="loaded">{whole(published)} records published.</span> Calls that waited for one of them are priced within seconds.
      {held.length > 0 && <> {whole(held.length)} held back, since each would price calls of a record of your own: <code>tracetally-prices diff running seed</code> shows them.</>}
    </Notice>
  );
}

/** Publishes what the price book lacks of the shipped one; nothing to see where it lacks nothing. */
export function LoadShipped({ isPrimary = false }: { isPrimary?: boolean }) {
  const client = useQueryClient();
  const { answer } = useGet<Shipped>(PATH);
  const [isBusy, setIsBusy] = useState(false);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const load = async () => {
    setIsBusy(true);
    setWrong(null);
    try {
      const done = await ask<Loaded>(PATH, { method: "POST" });
      setLoaded(done);
      client.setQueryData<Shipped>(["get", PATH], (known) => known && { ...known, missing: 0 });
      setTimeout(() => void client.invalidateQueries(), MIRRORED_MS);
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
    setIsBusy(false);
  };
  if (loaded) return <Done {...loaded} />;
  if (!answer?.missing) return null;
  const which = answer.missing === answer.records ? `all ${whole(answer.records)}` : `the ${whole(answer.missing)} missing`;
  return (
    <>
      {wrong && <ProblemNotice problem={wrong} />}
      <button className={`${style.load} ${isPrimary ? ui.primary : ui.button}`} disabled={isBusy} onClick={() => void load()}>{isBusy ? "Loading…" : `Load ${which} shipped prices`}</button>
    </>
  );
}
