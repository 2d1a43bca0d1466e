import { type ReactNode, useState } from "react";

import { brandOf } from "~/pages/org/brand";
import ui from "~/ui/ui.module.css";

import { Field, type Input } from "./Field";
import type { Fields, Flaws } from "./orgs";
import style from "./settings.module.css";

export interface BrandFieldsProps {
  form: Fields;
  flaws: Flaws;
  text: (name: "light" | "dark", more: Partial<React.ComponentProps<"input">>) => (input: Input) => ReactNode;
  onLogo: (logo: string) => void;
}

function read(file: File, onRead: (text: string) => void): void {
  const reader = new FileReader();
  reader.onload = () => onRead(reader.result as string);
  reader.readAsDataURL(file);
}

/** The org's own page in light and in dark, as far as the brand decides it. */
function Preview({ form }: { form: Fields }) {
  const brand = brandOf({ brand_light: form.light.trim(), brand_dark: form.dark.trim(), brand_logo: form.logo });
  return (
    <div className={style.brands} style={brand.style}>
      {(["light", "dark"] as const).map((ground) => (
        <div key={ground} data-ground={ground}>
          {brand.logo && <img src={brand.logo} alt="" height="24" />}
          <b>{form.name || form.id || "Name"}</b> <span>{ground}</span>
        </div>
      ))}
    </div>
  );
}

export function BrandFields({ form, flaws, text, onLogo }: BrandFieldsProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isWrong = Boolean(flaws.light ?? flaws.dark ?? flaws.logo);
  return (
    <details className={style.more} open={isOpen || isWrong} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Brand on the customer's page</summary>
      <div>
        <div className={style.fields}>
          <Field name="light" label="Colour on light ground" flaw={flaws.light}>{text("light", { placeholder: "#0a4d2c" })}</Field>
          <Field name="dark" label="Colour on dark ground" flaw={flaws.dark}>{text("dark", { placeholder: "#7fe0b0" })}</Field>
          <Field name="logo" label="Logo" flaw={flaws.logo} help="A PNG of at most 75 kB.">
            {(input) => (
              <input
                {...input} type="file" accept="image/png"
                onChange={(event) => {
                  const file = event.target.files?.[0];
                  if (file) read(file, onLogo);
                }}
              />
            )}
          </Field>
          <Preview form={form} />
        </div>
        {form.logo && <button type="button" className={ui.button} onClick={() => onLogo("")}>Remove the logo</button>}
      </div>
    </details>
  );
}
