import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useRef, useState } from "react";

import { Problem } from "~/api/client";
import { ProblemNotice } from "~/ui/Notice";
import ui from "~/ui/ui.module.css";

import { BrandFields } from "./BrandFields";
import { Field, type Input } from "./Field";
import { type Fields, type Flaws, type OrgRecord, type TextName, fieldsOf, flawsOf, inputOf, isMonth, keptWords, monthIn, tidied, zones } from "./orgs";
import { publish, remove } from "./registry";
import style from "./settings.module.css";

export interface OrgFormProps {
  /** Null for a new one. */
  record: OrgRecord | null;
  /** With what is to be said; nothing when it was given up. */
  onDone: (said: string) => void;
}

const CURRENCIES = Intl.supportedValuesOf("currency");
const ZONES = zones();

function Options({ id, values }: { id: string; values: readonly string[] }) {
  return <datalist id={id}>{values.map((value) => <option key={value} value={value} />)}</datalist>;
}

/** Asks once more before it is done. */
function TakeOff({ id, isBusy, onSure }: { id: string; isBusy: boolean; onSure: () => void }) {
  const [isAsked, setIsAsked] = useState(false);
  if (!isAsked) return <button type="button" className={ui.button} onClick={() => setIsAsked(true)}>Take off the registry…</button>;
  return (
    <span role="group" aria-label={`Take ${id} off the registry?`} className={style.row}>
      <span>Its name, budget and revenue are forgotten; its calls stay.</span>
      <button type="button" className={ui.button} autoFocus disabled={isBusy} onClick={onSure}>Take {id} off</button>
    </span>
  );
}

function without(flaws: Flaws, names: readonly string[]): Flaws {
  return Object.fromEntries(Object.entries(flaws).filter(([name]) => !names.includes(name)));
}

/** Adds or changes an org: what is typed is put into its record, all else of which stays. */
export function OrgForm({ record, onDone }: OrgFormProps) {
  const client = useQueryClient();
  const [opened] = useState(() => fieldsOf(record));
  const [form, setForm] = useState<Fields>(opened);
  const [month, setMonth] = useState(() => monthIn(record?.timezone, new Date()));
  const [flaws, setFlaws] = useState<Flaws>({});
  const [refusals, setRefusals] = useState(0);
  const [wrong, setWrong] = useState<Problem | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => ref.current?.querySelector<HTMLElement>("input:not(:disabled)")?.focus(), []);
  useEffect(() => ref.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [refusals]);

  const refuse = (found: Flaws) => {
    setFlaws(found);
    setRefusals((count) => count + 1);
  };
  const set = (name: TextName, value: string) => {
    setForm((known) => ({ ...known, [name]: value }));
    setFlaws((known) => without(known, name === "light" || name === "dark" ? ["light", "dark"] : [name]));
  };
  const refused = (error: unknown) => {
    const problem = error instanceof Problem ? error : new Problem({ status: 0, detail: String(error) });
    const input = inputOf(problem.body.field);
    if (input) refuse({ [input]: problem.body.detail });
    else setWrong(problem);
  };
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const told = { ...tidied(form, ZONES), ...(opened.id ? { id: opened.id } : {}) };
    const found = flawsOf(opened, told);
    if (!isMonth(month)) found.revenue = "A month such as 2026-11 is needed.";
    refuse(found);
    setWrong(null);
    if (Object.keys(found).length) return;
    setIsBusy(true);
    try {
      const isChanged = await publish(client, opened, told);
      onDone(isChanged ? `${told.id} was published; figures follow within seconds.` : `${told.id} was left as it is.`);
    } catch (error) {
      setIsBusy(false);
      refused(error);
    }
  };
  const takeOff = async () => {
    if (isBusy) return;
    setIsBusy(true);
    setWrong(null);
    try {
      await remove(client, opened.id);
      onDone(`${opened.id} is off the registry; its calls and what they cost stay as they are.`);
    } catch (error) {
      setIsBusy(false);
      refused(error);
    }
  };
  const text = (name: TextName, more: Partial<React.ComponentProps<"input">> = {}) => (input: Input) => (
    <input {...input} {...more} autoComplete="off" value={form[name]} onChange={(event) => set(name, event.target.value)} />
  );
  return (
    <form ref={ref} className={style.form} onSubmit={(event) => void submit(event)} noValidate>
      <div className={style.fields}>
        <Field name="id" label="Id" flaw={flaws.id} help="As your events tell it: org_id.">{text("id", { disabled: record !== null, required: true, placeholder: "acme" })}</Field>
        <Field name="name" label="Name" flaw={flaws.name}>{text("name", { placeholder: "Acme Inc." })}</Field>
        <Field name="plan" label="Plan" flaw={flaws.plan}>{text("plan", { placeholder: "pro" })}</Field>
        <Field name="currency" label="Currency" flaw={flaws.currency}>{text("currency", { list: "currencies", required: true, placeholder: "USD" })}</Field>
        <Field name="timezone" label="Time zone" flaw={flaws.timezone} help="Its days and months begin there.">{text("timezone", { list: "zones", required: true, placeholder: "Europe/Berlin" })}</Field>
        <Field name="budget" label="Budget of a month" flaw={flaws.budget}>{text("budget", { inputMode: "decimal", placeholder: "empty: none" })}</Field>
        <Field name="month" label="Month">{(input) => <input {...input} type="month" placeholder="2026-11" value={month} onChange={(event) => setMonth(event.target.value)} />}</Field>
        <Field name="revenue" label={`Revenue of ${isMonth(month) ? month : "the month"}`} flaw={flaws.revenue} help={keptWords(form.revenue, month) || undefined}>
          {(input) => (
            <input
              {...input} inputMode="decimal" autoComplete="off" placeholder="empty: not known" readOnly={!isMonth(month)} value={form.revenue[month] ?? ""}
              onChange={(event) => {
                setForm((known) => ({ ...known, revenue: { ...known.revenue, [month]: event.target.value } }));
                setFlaws((known) => without(known, ["revenue"]));
              }}
            />
          )}
        </Field>
      </div>
      <BrandFields form={form} flaws={flaws} text={text} onLogo={(logo) => set("logo", logo)} />
      {wrong && <ProblemNotice problem={wrong} />}
      <div className={style.row}>
        <button className={ui.primary} disabled={isBusy}>{isBusy ? "Publishing…" : "Publish"}</button>
        <button type="button" className={ui.button} onClick={() => onDone("")}>Cancel</button>
        {record && <TakeOff id={record.org_id} isBusy={isBusy} onSure={() => void takeOff()} />}
      </div>
      <Options id="currencies" values={CURRENCIES} />
      <Options id="zones" values={ZONES} />
    </form>
  );
}
