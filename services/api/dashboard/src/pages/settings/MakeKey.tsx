import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from "react";

import { Problem, ask } from "~/api/client";
import { ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { Field, type Input } from "./Field";
import { CHARS, type Flaws, type Key, LOOKUPS, type Texts, bodyOf, flawsOf, inputOf } from "./keys";
import style from "./settings.module.css";

export interface Made {
  key: Key;
  secret: string;
}

const PLAIN = ["key_id", "scope", "org_id"];
/** Inputs that say what a refusal is about; others are told in a notice. */
const SHOWN = new Set([...PLAIN, "project", "content.chars_max", "content.redact_paths", "content.redact_patterns", ...LOOKUPS.map(([field]) => `lookups.${field}`)]);

function textsOf(form: HTMLFormElement): Texts {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : ""]));
}

function Lookups({ flaws }: { flaws: Flaws }) {
  return (
    <fieldset className={style.group}>
      <legend>Look-ups</legend>
      <p className={style.help}>For spans: attributes of your own that are looked at first, separated by commas. <code>acme.tenant</code> is an attribute, <code>acme.context|tenant.id</code> what stands at a path in its JSON text.</p>
      <div className={style.fields}>
        {LOOKUPS.map(([field, label]) => (
          <Field key={field} name={`lookups.${field}`} label={label} flaw={flaws[`lookups.${field}`]}>
            {(input) => <input {...input} autoComplete="off" spellCheck={false} placeholder={field === "org_id" ? "acme.tenant" : undefined} />}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}

function Content({ flaws }: { flaws: Flaws }) {
  const [isKept, setIsKept] = useState(false);
  const text = (input: Input, placeholder: string) => <textarea {...input} rows={3} disabled={!isKept} spellCheck={false} placeholder={placeholder} />;
  return (
    <fieldset className={style.group}>
      <legend>Content</legend>
      <label className={style.check}><input type="checkbox" name="content" checked={isKept} onChange={(event) => setIsKept(event.target.checked)} /> Keep content: what is retrieved, sent and returned, redacted before it is stored</label>
      <div className={style.rules}>
        <Field name="content.chars_max" label="Characters of a piece" flaw={flaws["content.chars_max"]} help="What is longer is cut, with a marker.">
          {(input) => <input {...input} inputMode="numeric" disabled={!isKept} defaultValue={CHARS.normal} />}
        </Field>
        <Field name="content.redact_paths" label="Paths to replace" flaw={flaws["content.redact_paths"]} help="JSON paths, one a line.">{(input) => text(input, "$..email")}</Field>
        <Field name="content.redact_patterns" label="Patterns to replace" flaw={flaws["content.redact_patterns"]} help="Regular expressions (RE2), one a line.">{(input) => text(input, "\\d{16}")}</Field>
      </div>
      <label className={style.check}><input type="checkbox" name="content.detect_pii" disabled={!isKept} /><span>Find and replace personal data (the ingest service needs the extra <code>pii</code>)</span></label>
    </fieldset>
  );
}

function More({ flaws, children }: { flaws: Flaws; children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  const isWrong = Object.keys(flaws).some((name) => !PLAIN.includes(name));
  return (
    <details className={style.more} open={isOpen || isWrong} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>More: project, look-ups, content</summary>
      <div>{children}</div>
    </details>
  );
}

/** Asks for a key; what it may see and keep is decided here, once. */
export function MakeKey({ onMade }: { onMade: (made: Made) => void }) {
  const [flaws, setFlaws] = useState<Flaws>({});
  const [refusals, setRefusals] = useState(0);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [made, setMade] = useState(0);
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => ref.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [refusals]);
  const refuse = (found: Flaws) => {
    setFlaws(found);
    setRefusals((count) => count + 1);
  };
  const create = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = bodyOf(textsOf(event.currentTarget));
    const found = flawsOf(body);
    refuse(found);
    setWrong(null);
    if (Object.keys(found).length) return;
    try {
      onMade(await ask<Made>("/v1/keys", { method: "POST", body }));
      setMade((count) => count + 1); // an empty form for the next
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) });
      const input = inputOf(problem.body.field);
      if (SHOWN.has(input)) refuse({ [input]: [problem.body.detail, problem.body.hint].filter(Boolean).join(": ") });
      else setWrong(problem);
    }
  };
  return (
    <form key={made} ref={ref} className={style.form} onSubmit={(event) => void create(event)} onChange={() => setFlaws({})} noValidate>
      <div className={style.create}>
        <Field name="key_id" label="Name" flaw={flaws.key_id}>{(input) => <input {...input} required autoComplete="off" />}</Field>
        <Field name="scope" label="May" flaw={flaws.scope}>{(input) => <select {...input}><option>read</option><option>ingest</option><option value="ingest read">ingest and read</option><option>admin</option></select>}</Field>
        <Field name="org_id" label="Only organisation" flaw={flaws.org_id}>{(input) => <input {...input} placeholder="all" autoComplete="off" />}</Field>
      </div>
      <More flaws={flaws}>
        <div className={style.fields}><Field name="project" label="Project" flaw={flaws.project}>{(input) => <input {...input} placeholder="default" autoComplete="off" />}</Field></div>
        <Lookups flaws={flaws} />
        <Content flaws={flaws} />
      </More>
      {wrong && <ProblemNotice problem={wrong} />}
      <div className={style.row}><button className={ui.primary}>Make a key</button></div>
    </form>
  );
}
