import type { Btf } from "./btf.ts";
import { type BtfStruct, type BtfType, isStruct, memberBitOffset } from "./kinds.ts";

/** A member within a structure. */
export interface MemberPlace {
  /** In bytes, from the start of the structure. */
  readonly start: number;
  readonly size: number;
  readonly type: BtfType;
}

/** Where a member lies, also one of what has no name of its own; undefined: there is none. */
export function memberPlace(btf: Btf, struct: BtfStruct, name: string): MemberPlace | undefined {
  for (const member of struct.members) {
    const sized = btf.typeIdSize(member.type);
    if (sized === undefined) continue;
    const start = memberBitOffset(struct, member) / 8;
    if (btf.nameOf(member) === name) return { start, size: sized.size, type: sized.type };
    const { type } = sized;
    const inner = member.nameOff === 0 && isStruct(type) ? memberPlace(btf, type, name) : undefined;
    if (inner !== undefined) return { ...inner, start: start + inner.start };
  }
  return undefined;
}
