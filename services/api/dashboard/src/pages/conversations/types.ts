/** Traces and conversations as the API tells them. */
export interface Figures {
  duration_ms: number;
  steps: number;
  calls: number;
  errors: number;
  pending_calls: number;
  cost: string | null;
  charge: string | null;
  costs: Record<string, string>;
}

export interface Outcome {
  outcome_id: string;
  kind: string;
  name: string;
  value: string | null;
  unit: string;
  label: string;
  comment: string;
}

export interface Found extends Figures {
  org: string;
  user: string;
  conversation_id: string;
  trace_id?: string;
  project?: string;
  name?: string;
  assistants?: string[];
  trace_count?: number;
  started_at?: string;
  last_at?: string;
  ended_at?: string;
}

export interface Turn extends Figures {
  trace_id: string;
  project: string;
  org: string;
  user: string;
  assistant: string;
  assistant_version: string;
  name: string;
  started_at: string;
  running: Record<string, string>;
  outcomes: Outcome[];
}

export interface Conversation {
  conversation_id: string;
  orgs: string[];
  total: Figures & { started_at: string; ended_at: string };
  is_truncated: boolean;
  turns: Turn[];
  outcomes: Outcome[];
}
