/** The shapes of the read API. Money is text in the answer's currency; null is "not known". */

export type Value = string | number | null;

export interface Where {
  dim: string;
  in?: string[];
  not_in?: string[];
  is_null?: boolean;
}

export interface Cut {
  dim: string;
  top?: number;
  order?: string;
}

export interface Query {
  measures: string[];
  by?: Cut[];
  where?: Where[];
  from: string;
  to: string;
  tz: string;
  interval?: string | null;
  compare?: string | null;
  currency?: string;
}

export interface Estimate {
  low: string;
  high: string;
  currency?: string;
}

export interface Completeness {
  state: "open" | "settled" | "final";
  lag_seconds: number | null;
  as_of?: string | null;
  pending_calls: number;
  pending_tokens: number;
  oldest_pending_at: string | null;
  estimate: Estimate | null;
  unattributed_calls: number;
}

export interface Column {
  name: string;
  kind: string;
  unit?: string | null;
  additive: boolean;
  exact: boolean;
  relative_error?: number;
}

export interface Bucket {
  start: string;
  end: string;
  partial: boolean;
}

export interface Sums {
  total: Record<string, Value>;
  series?: Record<string, Value[]>;
  pending_calls?: number[];
}

export interface Group extends Sums {
  key: Record<string, string | null>;
  /** Null for "no value". */
  slot: number | null;
  is_other?: boolean;
}

export interface Other extends Sums {
  members?: number;
}

export interface Answer {
  query: Query;
  as_of: string;
  completeness: Completeness;
  columns: Column[];
  buckets: Bucket[];
  groups: Group[];
  other: Other | null;
  total: Sums;
  previous?: { groups?: Group[]; other?: Other | null; total: Sums; buckets?: Bucket[] } | null;
  units?: number;
}

export interface ProblemBody {
  status: number;
  detail: string;
  title?: string;
  field?: string;
  allowed?: string[];
  hint?: string;
  request_id?: string;
}

export interface Batch {
  as_of: string;
  answers: (Answer | ProblemBody)[];
}

export interface Session {
  subject: string;
  role: "team" | "org";
  org: string | null;
  is_admin: boolean;
  csrf: string;
  expires_at: string | null;
  /** The server tells what changes, as it does. */
  live: boolean;
}
