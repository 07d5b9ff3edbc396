import type { KernelMember } from "../../api.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_UNION,
  BTF_KIND_VOLATILE,
  type BtfStruct,
  type BtfType,
  isStruct,
  memberBitfieldSize,
  memberBitOffset,
} from "../btf/kinds.ts";

/** The members of a structure by where they lie, with those of what has no name of its own. */
export function listMembers(
  btf: Btf,
  struct: BtfStruct,
  isKept: (name: string) => boolean,
): readonly KernelMember[] {
  return [...membersOf(btf, struct, 0, isKept)].sort((a, b) => a.offset - b.offset);
}

function* membersOf(
  btf: Btf,
  struct: BtfStruct,
  base: number,
  isKept: (name: string) => boolean,
): Generator<KernelMember> {
  for (const member of struct.members) {
    const at = base + memberBitOffset(struct, member);
    const inner = btf.skipModifiers(member.type);
    if (member.nameOff === 0) {
      if (inner !== undefined && isStruct(inner)) yield* membersOf(btf, inner, at, isKept);
      continue;
    }
    const name = btf.nameOf(member);
    const bits = memberBitfieldSize(struct, member);
    yield {
      member: name,
      type: typeName(btf, member.type) + (bits > 0 ? ` : ${bits}` : ""),
      offset: Math.floor(at / 8),
      bytes: btf.typeIdSize(member.type)?.size ?? 0,
      isKept: isKept(name),
    };
  }
}

/** Between the words of what is pointed to and the stars. */
const QUALIFIERS: readonly number[] = [
  BTF_KIND_CONST,
  BTF_KIND_VOLATILE,
  BTF_KIND_RESTRICT,
  BTF_KIND_TYPE_TAG,
];

/** As C names it, without what a function takes. */
function typeName(btf: Btf, id: number): string {
  const type = btf.typeById(id);
  if (type === undefined || type.id === 0) return "void";
  if (type.kind === BTF_KIND_PTR) return pointerName(btf, type.type);
  if (type.kind === BTF_KIND_ARRAY) return `${typeName(btf, type.elemType)}[${type.nelems}]`;
  if (QUALIFIERS.includes(type.kind)) return typeName(btf, (type as { type: number }).type);
  const tag = tagOf(type);
  const name = btf.nameOf(type);
  return name === "" ? `${tag}{…}` : tag + name;
}

function pointerName(btf: Btf, to: number): string {
  if (btf.skipModifiers(to)?.kind === BTF_KIND_FUNC_PROTO) return "function *";
  const name = typeName(btf, to);
  return name.endsWith("*") ? `${name}*` : `${name} *`;
}

function tagOf({ kind, kflag }: BtfType): string {
  switch (kind) {
    case BTF_KIND_STRUCT:
      return "struct ";
    case BTF_KIND_FWD:
      return kflag ? "union " : "struct ";
    case BTF_KIND_UNION:
      return "union ";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return "enum ";
    default:
      return "";
  }
}
