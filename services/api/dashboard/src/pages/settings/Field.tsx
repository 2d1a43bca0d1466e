import { type ReactNode, useId } from "react";

import { Icon } from "~/ui/Icon";
import ui from "~/ui/ui.module.css";

import style from "./settings.module.css";

export interface Input {
  id: string;
  name: string;
  className: string | undefined;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

export interface FieldProps {
  name: string;
  label: ReactNode;
  flaw?: string | undefined;
  help?: ReactNode;
  children: (input: Input) => ReactNode;
}

/** An input with its label, what is wrong with it and what it is for. */
export function Field({ name, label, flaw, help, children }: FieldProps) {
  const id = useId();
  const described = [flaw && `${id}-flaw`, help && `${id}-help`].filter(Boolean).join(" ");
  return (
    <div className={style.field} data-field={name}>
      <label htmlFor={id}>{label}</label>
      {children({ id, name, className: ui.input, "aria-invalid": flaw ? true : undefined, "aria-describedby": described || undefined })}
      {flaw && <p id={`${id}-flaw`} className={style.flaw}><Icon name="warn" size={14} /><span>{flaw}</span></p>}
      {help && <p id={`${id}-help`} className={style.help}>{help}</p>}
    </div>
  );
}
