import { useState } from "react";

import { useSession, useSignOut } from "~/api/session";
import { Card } from "~/ui/Card";
import { SendEvents } from "~/ui/SendEvents";
import { type Theme, useTheme } from "~/ui/theme";
import ui from "~/ui/ui.module.css";

import { Keys } from "./Keys";
import { Orgs } from "./Orgs";
import style from "./settings.module.css";

const THEMES: [Theme, string][] = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

function useShortcutChoice(): [boolean, (isOn: boolean) => void] {
  const [isOn, setIsOn] = useState(() => localStorage.getItem("shortcuts") !== "off");
  return [isOn, (next) => {
    localStorage.setItem("shortcuts", next ? "on" : "off");
    setIsOn(next);
  }];
}

function Appearance() {
  const [theme, setTheme] = useTheme();
  const [shortcuts, setShortcuts] = useShortcutChoice();
  return (
    <Card id="appearance" title="Appearance" unit="this browser">
      <div className={`${ui.segments ?? ""} ${style.fit ?? ""}`} role="group" aria-label="Theme">
        {THEMES.map(([key, label]) => <button key={key} aria-pressed={theme === key} onClick={() => setTheme(key)}>{label}</button>)}
      </div>
      <label className={style.check}>
        <input type="checkbox" checked={shortcuts} onChange={(event) => setShortcuts(event.target.checked)} />
        Keyboard shortcuts (press ? for the list)
      </label>
    </Card>
  );
}

function Who() {
  const session = useSession().data;
  const signOut = useSignOut();
  if (!session) return null;
  const facts: [string, string][] = [
    ["Signed in as", session.subject],
    ["Sees", session.org ?? "all organisations"],
    ["May change prices, orgs and keys", session.is_admin ? "yes" : "no"],
  ];
  return (
    <Card id="session" title="Sign-in">
      <dl className={style.facts}>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <div className={style.row}>
        <button className={ui.button} onClick={() => void signOut()}>Sign out</button>
        <button className={ui.button} onClick={() => void signOut(true)}>Sign out everywhere</button>
      </div>
    </Card>
  );
}

export default function Settings() {
  const session = useSession().data;
  return (
    <>
      <h1>Settings</h1>
      <div className={ui.grid}>
        <Who />
        <Appearance />
        <Orgs isAdmin={session?.is_admin ?? false} />
        {session?.is_admin && <Keys />}
        <Card id="sending" title="Send events" span={12}><SendEvents /></Card>
      </div>
    </>
  );
}
