import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { Problem, ask } from "~/api/client";
import { useGet } from "~/api/hooks";
import { Card } from "~/ui/Card";
import { Notice, ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { type Made, MakeKey } from "./MakeKey";
import { type Key, inFull, inShort, orgOf } from "./keys";
import style from "./settings.module.css";

function Row({ of: key, onRevoke }: { of: Key; onRevoke: () => void }) {
  const [isOpen, setIsOpen] = useState(false);
  const also = inShort(key);
  const details = `key-${key.key_id}`;
  return (
    <>
      <tr data-row={key.key_id}>
        <th scope="row">{key.key_id}{key.label && <span className={ui.faint}> {key.label}</span>}</th>
        <td data-text="">{key.scopes.join(", ")}</td>
        <td data-text="">{orgOf(key)}</td>
        <td data-text="">{also.length > 0 && <>{also.join(", ")} <button className={ui.quietLink} aria-expanded={isOpen} aria-controls={details} onClick={() => setIsOpen(!isOpen)}>details<span className="hidden"> of {key.key_id}</span></button></>}</td>
        <td data-action="">{key.source === "settings" ? <span className={ui.faint}>in the settings</span> : <button className={ui.button} aria-label={`Revoke ${key.key_id}`} onClick={onRevoke}>Revoke</button>}</td>
      </tr>
      {isOpen && (
        <tr id={details}>
          <td className={style.details} data-text="" colSpan={5}><dl className={style.facts}>{inFull(key).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></td>
        </tr>
      )}
    </>
  );
}

/** Keys of the service: made here, their secret shown once. */
export function Keys() {
  const client = useQueryClient();
  const { answer, problem, isLoading } = useGet<{ keys: Key[] }>("/v1/keys");
  const [made, setMade] = useState<Made | null>(null);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const told = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (made) told.current?.focus(); // the form below is an empty one now
  }, [made]);
  const again = () => client.invalidateQueries({ queryKey: ["get", "/v1/keys"] });
  const revoke = async (id: string) => {
    setWrong(null);
    try {
      await ask(`/v1/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
      await again();
    } catch (error) {
      setWrong(error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) }));
    }
  };
  return (
    <Card id="keys" title="API keys" span={12} isLoading={isLoading} problem={problem}>
      {made && <div ref={told} tabIndex={-1}><Notice tone="good">Key <b>{made.key.key_id}</b> was made. Its secret is shown only now: <code className={style.secret}>{made.secret}</code></Notice></div>}
      {wrong && <ProblemNotice problem={wrong} />}
      <div className={style.keys} tabIndex={0} role="region" aria-label="All keys">
        <table className={ui.table}>
          <thead><tr><th scope="col">Key</th><th scope="col" data-text="">May</th><th scope="col" data-text="">Organisation</th><th scope="col" data-text="">Also</th><th scope="col" data-action=""><span className="hidden">Actions</span></th></tr></thead>
          <tbody>{answer?.keys.filter((key) => !key.revoked_at).map((key) => <Row key={key.key_id} of={key} onRevoke={() => void revoke(key.key_id)} />)}</tbody>
        </table>
      </div>
      <MakeKey onMade={(next) => {
        setMade(next);
        void again();
      }} />
    </Card>
  );
}
