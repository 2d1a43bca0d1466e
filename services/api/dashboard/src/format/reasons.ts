/** Why a call has no price, in words; what nobody has words for is told as it is. Pure. */
const REASONS: Record<string, string> = {
  model_unknown: "no price for this model", provider_unknown: "no price for this provider", no_version_at_time: "no price in force at its time",
  rate_missing: "a rate is missing", variant_missing: "no rate for how it was served", variant_ambiguous: "two rates fit", usage_missing: "usage was not told",
  usage_not_normalised: "usage cannot be read", model_missing: "no model is named", currency_mixed: "currencies would mix",
};

export function reason(code: string): string {
  return REASONS[code] ?? code;
}
