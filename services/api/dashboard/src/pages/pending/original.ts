/** The text of base64 bytes; what is no UTF-8 shows as U+FFFD. Pure. */
export function originalText(base64: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64), (mark) => mark.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
}
