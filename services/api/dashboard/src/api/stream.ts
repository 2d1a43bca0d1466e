/** Server-sent events by fetch, which unlike EventSource can send a token and notices silence. */
import { type Ask, streamed } from "./client";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Takes the text of a stream in any pieces, gives the events that are whole. Ids and retries are not used. Pure. */
export function parser(): (text: string) => ServerEvent[] {
  let [rest, event] = ["", ""];
  let data: string[] = [];
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/); // a last \r may be half of an end
    rest = lines.pop() ?? "";
    const found: ServerEvent[] = [];
    for (const line of lines) {
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
      else if (line === "") {
        if (data.length) found.push({ event: event || "message", data: data.join("\n") });
        [event, data] = ["", []];
      }
    }
    return found;
  };
}

export interface Listener {
  onOpen: () => void;
  onEvent: (event: ServerEvent) => void;
  /** The stream is given up when nothing, not even a comment, comes for so long. */
  silenceMs: number;
  signal: AbortSignal;
}

type Streamed = (path: string, asked: Ask) => Promise<Response>;

/** Listens until the stream ends; throws `Problem` for a refusal, and when it breaks or falls silent. */
export async function listen(path: string, { onOpen, onEvent, silenceMs, signal }: Listener, open: Streamed = streamed): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort();
  let timer = setTimeout(stop, silenceMs);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    const response = await open(path, { signal: own.signal });
    onOpen();
    const chunks = response.body?.getReader();
    const [decoder, parse] = [new TextDecoder(), parser()];
    for (let chunk = await chunks?.read(); chunk && !chunk.done; chunk = await chunks?.read()) {
      clearTimeout(timer);
      timer = setTimeout(stop, silenceMs);
      for (const event of parse(decoder.decode(chunk.value, { stream: true }))) onEvent(event);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
