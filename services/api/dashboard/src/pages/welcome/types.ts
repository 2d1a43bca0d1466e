export interface Progress {
  ingest_url: string | null;
  kafka: { bootstrap: string; topic: string };
  received: boolean | null;
  stored: boolean;
  priced: boolean;
  visible: boolean;
  event: {
    event_id: string;
    project: string;
    trace_id: string;
    org_id: string;
    provider: string;
    model: string;
    currency: string;
    cost: string | null;
    pending: string;
    pending_detail: string;
    occurred_at: string;
  } | null;
  error: { at: string; reason: string; field: string; detail: string } | null;
}
