import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";

import { EMBED } from "~/api/embed";
import { useLive } from "~/api/live";
import { useSession, useSignOut } from "~/api/session";
import type { Session } from "~/api/types";
import { PAGES, type Page } from "~/pages";
import { writeSearch } from "~/state/address";
import { useAddress } from "~/state/useAddress";

import { Icon, Logo } from "./Icon";
import { Menu } from "./Menu";
import { Notice, ProblemNotice } from "./Notice";
import { Palette } from "./Palette";
import { TopBar } from "./TopBar";
import { useAsOf } from "./asOf";
import style from "./shell.module.css";
import { useShortcuts } from "./shortcuts";
import { type Theme, useTheme } from "./theme";
import { Problem } from "~/api/client";

const THEMES: [Theme, string][] = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];
const ON_PHONE = 5;

function pagesFor(session: Session): Page[] {
  return PAGES.filter((page) => page.nav && (session.role === "team" || page.isForOrgs));
}

function Account({ session }: { session: Session }) {
  const [theme, setTheme] = useTheme();
  const signOut = useSignOut();
  const items = [
    ...THEMES.map(([key, label]) => ({ key, label, isChosen: theme === key, onSelect: () => setTheme(key) })),
    { key: "out", label: "Sign out", onSelect: () => void signOut() },
  ];
  const icon = theme === "system" ? "auto" : theme === "dark" ? "moon" : "sun";
  return <Menu label={`${session.subject}: theme and account`} items={items} align="start" className={style.account}
    trigger={<><Icon name={icon} /><span>{session.subject}</span></>} />;
}

function Rail({ session }: { session: Session }) {
  const { carried } = useAddress();
  return (
    <nav className={style.rail} aria-label="Pages">
      <Link to="/" className={style.brand} aria-label="Tracetally, start page"><Logo /><span>Tracetally</span></Link>
      <ul>
        {session.org && (
          <li><Link to="/orgs/$org" params={{ org: session.org }} search={carried()} className={style.item}><Icon name="org" /><span>Usage</span></Link></li>
        )}
        {pagesFor(session).map((page, index) => (
          <li key={page.path} data-late={index >= ON_PHONE ? "" : undefined}>
            <Link to={page.path} search={carried()} className={style.item} activeOptions={{ includeSearch: false }}>
              {page.nav && <Icon name={page.nav.icon} />}<span>{page.nav?.label}</span>
            </Link>
          </li>
        ))}
      </ul>
      <Account session={session} />
    </nav>
  );
}

/** Inside a customer's own site: its pages in a row instead of the rail, no account. */
function Tabs({ session }: { session: Session }) {
  const { carried } = useAddress();
  return (
    <nav className={style.tabs} aria-label="Pages">
      {session.org && <Link to="/orgs/$org" params={{ org: session.org }} search={carried()} className={style.item}>Usage</Link>}
      {pagesFor(session).map((page) => <Link key={page.path} to={page.path} search={carried()} className={style.item} activeOptions={{ includeSearch: false }}>{page.nav?.label}</Link>)}
    </nav>
  );
}

/** A whole load, so that nothing of the last session stays in memory. */
function ToLogin() {
  const { href } = useLocation();
  useEffect(() => {
    window.location.replace(`/login${writeSearch(href === "/" ? {} : { next: href })}`);
  }, [href]);
  return null;
}

/** Rail, bar and the page; without a session, the way to the sign-in page and back. */
export function Shell() {
  const session = useSession();
  const { problems } = useAddress();
  const { isFetching } = useAsOf();
  const shortcuts = useShortcuts();
  useLive(session.data?.live ?? false, session.data?.org ?? null);
  if (session.isPending) return null;
  if (session.error) {
    const problem = session.error instanceof Problem ? session.error : new Problem({ status: 0, detail: session.error.message });
    return <main className={style.alone}><ProblemNotice problem={problem} /></main>;
  }
  if (!session.data) return EMBED === null ? <ToLogin /> : null;
  return (
    <div className={style.shell} data-embedded={EMBED === null ? undefined : ""}>
      <a href="#page" className={style.skip}>Skip to the page</a>
      {EMBED === null ? <Rail session={session.data} /> : <Tabs session={session.data} />}
      <div className={style.main}>
        <div className={style.progress} data-on={isFetching ? "" : undefined} />
        <TopBar onPalette={shortcuts.openPalette} />
        <main id="page" className={style.page} tabIndex={-1}>
          {problems.length > 0 && <Notice tone="warn">{problems.map((one) => <p key={one}>{one}</p>)}</Notice>}
          <Outlet />
        </main>
      </div>
      <Palette state={shortcuts} session={session.data} />
    </div>
  );
}
