import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";

import { useBatch } from "~/api/hooks";
import type { Session } from "~/api/types";
import { PAGES } from "~/pages";
import { PRESETS } from "~/state/range";
import { queryOf, useAddress } from "~/state/useAddress";

import { HELP, type Shortcuts } from "./shortcuts";
import style from "./shell.module.css";
import ui from "./ui.module.css";

interface Entry {
  key: string;
  label: string;
  kind: string;
  run: () => void;
}

const SHOWN_MAX = 12;
const MEMBERS = [{ dim: "org", kind: "Org" }, { dim: "assistant", kind: "Assistant" }, { dim: "model", kind: "Model" }];

function useEntries(typed: string, session: Session): Entry[] {
  const { address, change, carried } = useAddress();
  const navigate = useNavigate();
  const isTeam = session.role === "team";
  const { of } = useBatch(Object.fromEntries(MEMBERS.map(({ dim }) => [dim, queryOf({ ...address, filters: [] }, { measures: ["calls"], by: [{ dim, top: 100, order: "calls" }] })])));
  const go = (to: string) => () => void navigate({ to, search: carried() });
  const pages = PAGES.filter((page) => page.nav && (isTeam || page.isForOrgs));
  const toRows = (dim: string, name: string) => () => void navigate({ to: "/explore", search: carried({ filters: [{ dim, not: false, values: [name] }] }, isTeam ? {} : { m: "charge" }) });
  const members = MEMBERS.flatMap(({ dim, kind }) => (of(dim).answer?.groups ?? []).flatMap(({ key }) => {
    const name = key[dim];
    if (!name || (dim === "org" && !isTeam)) return [];
    return [{ key: `${dim} ${name}`, label: name, kind, run: dim === "org" ? go(`/orgs/${encodeURIComponent(name)}`) : toRows(dim, name) }];
  }));
  const id = typed.trim();
  return [
    ...pages.map((page) => ({ key: page.path, label: page.nav?.label ?? "", kind: "Page", run: go(page.path) })),
    ...PRESETS.map((one) => ({ key: one.key, label: one.label, kind: "Range", run: () => change({ from: one.from, to: one.to }) })),
    ...members,
    ...(/^[\w:./-]{6,}$/.test(id) ? [
      { key: "trace", label: id, kind: "Open trace", run: go(`/traces/${encodeURIComponent(id)}`) },
      { key: "conversation", label: id, kind: "Open conversation", run: go(`/conversations/${encodeURIComponent(id)}`) },
    ] : []),
  ].filter((entry) => `${entry.kind} ${entry.label}`.toLowerCase().includes(typed.toLowerCase().trim())).slice(0, SHOWN_MAX);
}

function Search({ session, onDone }: { session: Session; onDone: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries(typed, session);
  const marked = Math.min(at, entries.length - 1);
  const run = (entry: Entry | undefined) => {
    entry?.run();
    if (entry) onDone();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(entries.length - 1, marked + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, marked - 1));
    else if (event.key === "Enter") run(entries[marked]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input className={style.search} placeholder="Pages, orgs, assistants, models, ranges, or paste an id" role="combobox" aria-expanded aria-controls="entries" aria-label="Search"
        aria-activedescendant={`entry-${marked}`} autoFocus value={typed} onKeyDown={keys} onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }} />
      <ul role="listbox" id="entries" aria-label="Found" className={style.entries}>
        {entries.map((entry, index) => (
          <li key={entry.key} id={`entry-${index}`} role="option" aria-selected={index === marked} className={ui.item} onPointerMove={() => setAt(index)} onClick={() => run(entry)}>
            <span>{entry.label}</span><span className={ui.faint}>{entry.kind}</span>
          </li>
        ))}
        {!entries.length && <li role="option" aria-selected={false} className={ui.faint}>Nothing found</li>}
      </ul>
    </>
  );
}

export function Palette({ state, session }: { state: Shortcuts; session: Session }) {
  return (
    <Dialog.Root open={state.open !== null} onOpenChange={(isOpen) => !isOpen && state.close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={ui.backdrop} />
        <Dialog.Popup className={style.palette}>
          <Dialog.Title className={state.open === "help" ? style.helpTitle : "hidden"}>{state.open === "help" ? "Keys" : "Search"}</Dialog.Title>
          {state.open === "palette" && <Search session={session} onDone={state.close} />}
          {state.open === "help" && (
            <dl className={style.help}>{HELP.map(([keys, words]) => <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{words}</dd></div>)}</dl>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
