/** Versions are versions of an assistant: "1" of two assistants are two configurations. Pure. */
import type { Answer, Group, Where } from "~/api/types";
import { labelOf } from "~/marks/prepare";

export interface Configured {
  /** Its groups cut by `assistant`, named as configurations, the dearest first. */
  answer: Answer;
  whereOf: (name: string) => Where[];
}

function condition(dim: string, value: string | null): Where {
  return value === null ? { dim, is_null: true } : { dim, in: [value] };
}

function named({ key, is_other: isRest }: Group): [string, Where[]] {
  const [assistant, version] = [key.assistant ?? null, key.assistant_version ?? null];
  const where = [condition("assistant", assistant)];
  if (isRest) return [`${labelOf(assistant)}, other versions`, where];
  return [version === null ? labelOf(assistant) : `${labelOf(assistant)}@${version}`, [...where, condition("assistant_version", version)]];
}

/** Everything whose assistant is not among these. */
function others(groups: readonly Group[]): Where[] {
  const shown = [...new Set(groups.map(({ key }) => key.assistant ?? null))];
  const names = shown.filter((name) => name !== null);
  return [...(names.length ? [{ dim: "assistant", not_in: names }] : []), ...(names.length < shown.length ? [{ dim: "assistant", is_null: false }] : [])];
}

export function configured(answer: Answer): Configured {
  const told = answer.groups.map((group) => [group, ...named(group)] as const);
  const size = ({ total }: Group) => Number(total.charge ?? 0);
  const groups = told.map(([group, name]): Group => ({ ...group, is_other: false, key: { assistant: name } }));
  const wheres = new Map(told.map(([, name, where]) => [name, where]));
  return {
    answer: { ...answer, groups: groups.sort((one, two) => size(two) - size(one)) },
    whereOf: (name) => wheres.get(name) ?? others(answer.groups),
  };
}
