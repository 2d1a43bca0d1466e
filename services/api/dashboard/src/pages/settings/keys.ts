/** A key in a form: read into the body of `POST /v1/keys`, told in short and in full. Pure. */

export const LOOKUPS = [
  ["org_id", "Organisation"], ["user_id", "User"], ["conversation_id", "Conversation"], ["assistant_id", "Assistant"],
  ["assistant_version", "Version of the assistant"], ["feature", "Feature"], ["environment", "Environment"],
] as const;
export const CHARS = { normal: 65_536, max: 1_000_000 };
const PROJECT = "default";
const ALL = "*";

export interface ContentRules {
  chars_max: number;
  redact_paths: string[];
  redact_patterns: string[];
  detect_pii: boolean;
}

export interface Key {
  key_id: string;
  scopes: string[];
  org_id?: string | null;
  project?: string;
  lookups?: Record<string, string[]>;
  content?: ContentRules | null;
  label?: string;
  source: "settings" | "api";
  revoked_at?: string | null;
}

/** The form's texts by the names of its inputs; a box that is not ticked is missing. */
export type Texts = Partial<Record<string, string>>;
export type Flaws = Partial<Record<string, string>>;

export interface KeyBody {
  key_id: string;
  scopes: string[];
  org_id?: string;
  project?: string;
  lookups?: Record<string, string[]>;
  content?: ContentRules;
}

function names(text: string | undefined): string[] {
  return [...new Set((text ?? "").split(",").map((name) => name.trim()).filter(Boolean))];
}

/** Patterns are kept as they stand: a blank can be part of one. */
function lines(text: string | undefined): string[] {
  return (text ?? "").split(/\r?\n/).filter((line) => line.trim());
}

function content(texts: Texts): ContentRules {
  return {
    chars_max: Number(texts["content.chars_max"]?.trim() ?? CHARS.normal),
    redact_paths: lines(texts["content.redact_paths"]).map((line) => line.trim()),
    redact_patterns: lines(texts["content.redact_patterns"]),
    detect_pii: texts["content.detect_pii"] !== undefined,
  };
}

/** What to ask for: what was left empty is left to the API. */
export function bodyOf(texts: Texts): KeyBody {
  const [project, org] = [texts.project?.trim(), texts.org_id?.trim()];
  const lookups = Object.fromEntries(LOOKUPS.map(([field]) => [field, names(texts[`lookups.${field}`])] as const).filter(([, told]) => told.length));
  return {
    key_id: texts.key_id?.trim() ?? "",
    scopes: (texts.scope ?? "read").split(" "),
    ...(org ? { org_id: org } : {}),
    ...(project ? { project } : {}),
    ...(Object.keys(lookups).length ? { lookups } : {}),
    ...(texts.content === undefined ? {} : { content: content(texts) }),
  };
}

/** What need not be asked of the API to be known as wrong. */
export function flawsOf({ key_id: id, content: rules }: KeyBody): Flaws {
  const chars = rules?.chars_max ?? CHARS.normal;
  return {
    ...(/^[A-Za-z0-9_.-]{1,64}$/.test(id) ? {} : { key_id: "A name of letters, digits and _ . - is needed." }),
    ...(Number.isInteger(chars) && chars >= 1 && chars <= CHARS.max ? {} : { "content.chars_max": `A whole number from 1 to ${CHARS.max.toLocaleString("en-US")} is needed.` }),
  };
}

/** The input of a field that the API refused: `content.redact_patterns.0` is in `content.redact_patterns`. */
export function inputOf(field: string | undefined): string {
  const [first = "", second] = (field ?? "").split(".");
  if (first === "scopes") return "scope";
  return second === undefined || !["content", "lookups"].includes(first) ? first : `${first}.${second}`;
}

/** All that a key does besides: its project, what it looks up, what it keeps. */
export function inShort({ project = PROJECT, lookups = {}, content: rules }: Key): string[] {
  const count = Object.keys(lookups).length;
  return [
    ...(project === PROJECT ? [] : [`project ${project}`]),
    ...(count ? [`${count} look-up${count === 1 ? "" : "s"}`] : []),
    ...(rules ? ["keeps content"] : []),
  ];
}

export function orgOf({ org_id: org }: Key): string {
  return org && org !== ALL ? org : "all";
}

/** Each with its name. */
export function inFull({ project = PROJECT, lookups = {}, content: rules }: Key): [string, string][] {
  const found = LOOKUPS.flatMap(([field, label]): [string, string][] => (lookups[field]?.length ? [[`${label} from`, lookups[field].join(", ")]] : []));
  const kept: [string, string][] = rules ? [
    ["Content is cut after", `${rules.chars_max.toLocaleString("en-US")} characters`],
    ["Paths replaced", rules.redact_paths.join("  ") || "none"],
    ["Patterns replaced", rules.redact_patterns.join("  ") || "none"],
    ["Personal data", rules.detect_pii ? "is found and replaced" : "is not looked for"],
  ] : [];
  return [["Project", project], ...found, ...kept];
}
