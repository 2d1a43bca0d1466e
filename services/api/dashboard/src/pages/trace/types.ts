/** A trace as `GET /v1/traces/{id}` tells it. */
import type { Outcome } from "~/pages/conversations/types";

export interface Subtree {
  cost: Record<string, string>;
  charge: Record<string, string>;
  pending_calls: number;
}

export interface Line {
  /** Absent for a quantity at its rate. */
  kind?: string;
  dimension: string;
  quantity?: string;
  price?: string;
  per?: number;
  multiply?: string;
  amount: string;
}

export interface CallOf {
  counted: string;
  counted_trace_id: string;
  why: string;
  tellings: string[];
  is_usage_equal: boolean;
}

export interface Step {
  event_id: string;
  parent_event_id: string | null;
  depth: number;
  is_orphan: boolean;
  is_counted: boolean;
  operation: string;
  name: string;
  status: string;
  error_type: string;
  provider: string;
  model: string;
  assistant_id: string;
  feature: string;
  emitter: string;
  started_at: string;
  duration_ms: number | null;
  ttft_ms: number | null;
  pending: string;
  pending_detail: string;
  currency: string;
  cost: string | null;
  charge: string | null;
  tokens: Record<string, number>;
  lines: Line[];
  variant: string;
  price_key: string;
  org_id: string;
  user_id: string;
  conversation_id: string;
  subtree: Subtree;
  call: CallOf | null;
  contents: number;
}

export interface Trace {
  trace_id: string;
  project: string;
  total: Subtree;
  is_truncated: boolean;
  steps: Step[];
  outcomes: Outcome[];
}

export interface Piece {
  content_id: string;
  event_id: string;
  span_id: string;
  kind: string;
  name: string;
  role: string;
  mime_type: string;
  chars: number;
  cut_chars: number;
  content: string;
  is_preview: boolean;
}
