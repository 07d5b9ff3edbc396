import { invariant } from "../../hw/simulator-bug.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_ARRAY,
  type BtfStruct,
  isStruct,
  memberBitfieldSize,
  memberBitOffset,
} from "../btf/kinds.ts";
import type { MemberValue, StructTable } from "./members.ts";

/** A member that the simulator keeps. */
export interface KeptMember {
  readonly name: string;
  readonly typeId: number;
  /** In bits, from the start of the structure. */
  readonly bitOffset: number;
  /** How many of a field of bits; 0: it is none. */
  readonly bits: number;
  /** The bytes that it lies in. */
  readonly start: number;
  readonly end: number;
  readonly value: (of: never) => MemberValue;
}

/** Where what a table tells of a structure lies, by the kernel's types. */
export function layoutOf(btf: Btf, struct: BtfStruct, table: StructTable): readonly KeptMember[] {
  const members = new Map<string, Omit<KeptMember, "value">>();
  collect(btf, struct, 0, members);
  return Object.entries(table)
    .filter(([name]) => name !== "sizeof")
    .map(([name, value]) => {
      const member = members.get(name);
      invariant(member !== undefined, `a ${btf.nameOf(struct)} has no ${name}`);
      return { ...member, value };
    })
    .sort((a, b) => a.bitOffset - b.bitOffset);
}

/** What has no name of its own has members of the structure around it. */
function collect(
  btf: Btf,
  struct: BtfStruct,
  base: number,
  into: Map<string, Omit<KeptMember, "value">>,
): void {
  for (const member of struct.members) {
    const bitOffset = base + memberBitOffset(struct, member);
    const type = btf.skipModifiers(member.type);
    if (member.nameOff === 0 && type !== undefined && isStruct(type)) {
      collect(btf, type, bitOffset, into);
      continue;
    }
    const bits = memberBitfieldSize(struct, member);
    const bytes = btf.typeIdSize(member.type)?.size ?? 0;
    const name = btf.nameOf(member);
    const end = bits === 0 ? bitOffset / 8 + bytes : Math.ceil((bitOffset + bits) / 8);
    into.set(name, {
      ...{ name, typeId: member.type, bitOffset, bits },
      start: Math.floor(bitOffset / 8),
      // An array without a length is as long as there is room.
      end: type?.kind === BTF_KIND_ARRAY && bytes === 0 ? Infinity : end,
    });
  }
}
