/** Looks for the way of a relocation in a type of the kernel. */
import { E2BIG, EINVAL } from "../../include/errno.ts";
import {
  BPF_CORE_SPEC_MAX_LEN,
  BPF_CORE_TYPE_MATCHES,
  type CoreAccessor,
  type CoreSpec,
  coreSize,
  essentialName,
  isEnumvalBased,
  isFlexibleArray,
  isTypeBased,
} from "./core-spec.ts";
import { areFieldsCompatible, areTypesCompatible, doTypesMatch } from "./core-types.ts";
import * as kinds from "./kinds.ts";

/**
 * 1 when the way is there, and `target` goes it then; 0, or a negative errno.
 *
 * @linux tools/lib/bpf/relo_core.c `bpf_core_spec_match` (6.18)
 */
export function matchSpec(local: CoreSpec, target: CoreSpec): number {
  if (isTypeBased(local.kind)) {
    const [mine, theirs] = [local, target].map(({ btf, rootTypeId: id }) => ({ btf, id }));
    return local.kind === BPF_CORE_TYPE_MATCHES
      ? doTypesMatch(mine!, theirs!)
      : areTypesCompatible(mine!, theirs!);
  }
  if (isEnumvalBased(local.kind)) return matchEnumval(local, target);
  let id = target.rootTypeId;
  for (const [i, step] of local.steps.entries()) {
    const next =
      step.name === undefined ? toElement(target, step, id, i) : find(local, step, target, id);
    if (typeof next === "number") return next;
    ({ id } = next);
  }
  return 1;
}

function matchEnumval(local: CoreSpec, target: CoreSpec): number {
  const { btf, rootTypeId, steps, raw } = target;
  const type = btf.skipModifiers(rootTypeId)!;
  if (!kinds.isEnum(type)) return 0;
  const wanted = essentialName(local.steps[0]!.name!);
  const idx = type.values.findIndex((value) => essentialName(btf.nameOf(value)) === wanted);
  if (idx < 0) return 0;
  steps.push({ typeId: type.id, idx, name: btf.nameOf(type.values[idx]!) });
  raw.push(idx);
  return 1;
}

/** Where a step has led to. */
interface Found {
  readonly id: number;
}

/** The first index counts structures, which need be no array. */
function toElement(
  target: CoreSpec,
  { idx }: CoreAccessor,
  from: number,
  i: number,
): Found | number {
  const { btf, steps, raw } = target;
  const type = btf.skipModifiers(from);
  if (type === undefined) return -EINVAL;
  let { id } = type;
  if (i > 0) {
    if (type.kind !== kinds.BTF_KIND_ARRAY) return 0;
    if (!isFlexibleArray(btf, steps.at(-1), type) && idx >= type.nelems) return 0;
    const elem = btf.skipModifiers(type.elemType);
    if (elem === undefined) return -EINVAL;
    ({ id } = elem);
  }
  if (raw.length === BPF_CORE_SPEC_MAX_LEN) return -E2BIG;
  steps.push({ typeId: id, idx });
  raw.push(idx);
  const size = coreSize(btf, id);
  if (size < 0) return size;
  target.skip(idx, size);
  return { id };
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_match_member` (6.18) */
function find(local: CoreSpec, step: CoreAccessor, target: CoreSpec, from: number): Found | number {
  const { btf, steps, raw } = target;
  const type = btf.skipModifiers(from);
  if (type === undefined) return -EINVAL;
  if (!kinds.isStruct(type)) return 0;
  for (const [idx, member] of type.members.entries()) {
    const bitOffset = kinds.memberBitOffset(type, member);
    if (raw.length === BPF_CORE_SPEC_MAX_LEN) return -E2BIG;
    target.move(bitOffset);
    raw.push(idx);
    const name = btf.nameOf(member);
    if (name === "") {
      const found = find(local, step, target, member.type);
      if (found !== 0) return found;
    } else if (name === step.name) {
      const own = (local.btf.typeById(step.typeId) as kinds.BtfStruct).members[step.idx]!;
      const mine = { btf: local.btf, id: own.type };
      const answer = areFieldsCompatible(mine, { btf, id: member.type });
      if (answer <= 0) return answer;
      steps.push({ typeId: type.id, idx, name });
      return { id: member.type };
    }
    target.move(-bitOffset);
    raw.pop();
  }
  return 0;
}
