/** Reads and writes of objects that a program allocates: of what is its own in them. */
import { EACCES, EINVAL } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import { fieldTypeName } from "../btf/field-types.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_PTR,
  type BtfStruct,
  type BtfType,
  memberBitfieldSize,
  memberBitOffset,
} from "../btf/kinds.ts";
import type { VerifierEnv } from "./env.ts";
import { isStruct } from "./kfunc-struct.ts";
import type { Reg } from "./reg-state.ts";
import { tnumIsConst, tnumText } from "./tnum.ts";

/**
 * Whether the bytes lie in the object, and in none of the kernel's fields there.
 *
 * @param off with the fixed offset of the pointer
 * @linux kernel/bpf/verifier.c `check_ptr_to_btf_access`, kernel/bpf/btf.c `btf_struct_access` (6.18)
 */
export function checkObjectAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  size: number,
): 0 | number {
  if (!tnumIsConst(reg.varOff) || reg.varOff.value.lo !== 0) {
    return refuse(
      env,
      `R${regno} is ptr_${reg.btfType} invalid variable offset: off=${off}, var_off=${tnumText(reg.varOff)}`,
    );
  }
  if (off < 0) {
    return refuse(env, `R${regno} is ptr_${reg.btfType} invalid negative access: off=${off}`);
  }
  const btf = reg.btf!;
  const record = btf.structMeta(reg.btfId);
  const hit = record?.fields.find(
    (field) => off < field.offset + field.size && field.offset < off + size,
  );
  if (hit !== undefined)
    return refuse(env, `direct access to ${fieldTypeName(hit.type)} is disallowed`);
  const struct = btf.typeById(reg.btfId);
  const problem = isStruct(struct) ? walk(btf, struct, off, size) : "";
  if (problem === "") return 0;
  const err = refuse(env, problem);
  return problem.startsWith("struct") ? -EINVAL : err;
}

function refuse(env: VerifierEnv, message: string): number {
  env.verbose(`${message}\n`);
  return -EACCES;
}

/** Why the access is no good, or "". @linux kernel/bpf/btf.c `btf_struct_walk` (6.18) */
function walk(btf: Btf, start: BtfStruct, startOff: number, size: number): string {
  let struct = start;
  let off = startOff;
  for (;;) {
    const name = btf.nameOf(struct);
    if (off + size > struct.size) return `access beyond struct ${name} at off ${off} size ${size}`;
    const next = memberAt(btf, struct, off, size);
    if (typeof next === "string") return next;
    if (next === undefined) return "";
    struct = next.struct;
    off = next.off;
  }
}

/** What lies there: a structure to go on in, or nothing more. */
function memberAt(
  btf: Btf,
  struct: BtfStruct,
  off: number,
  size: number,
): { readonly struct: BtfStruct; readonly off: number } | string | undefined {
  const name = btf.nameOf(struct);
  for (const member of struct.members) {
    const start = memberBitOffset(struct, member) / 8;
    if (memberBitfieldSize(struct, member) !== 0) {
      if (off <= start && off + size > start) return undefined;
      continue;
    }
    if (off + size <= start) break;
    const found = btf.typeIdSize(member.type);
    if (found === undefined) return `error resolving size of member ${btf.nameOf(member)}`;
    const end = start + found.size;
    if (off >= end) continue;
    if (off < start || off + size > end) {
      return `access beyond the end of member ${btf.nameOf(member)} (mend:${end}) in struct ${name} with off ${off} size ${size}`;
    }
    return inMember(btf, struct, member.type, found.type, off - start, size, off);
  }
  return `struct ${name} doesn't have field at offset ${off}`;
}

function inMember(
  btf: Btf,
  struct: BtfStruct,
  typeId: number,
  type: BtfType,
  off: number,
  size: number,
  structOff: number,
): { readonly struct: BtfStruct; readonly off: number } | string | undefined {
  if (type.kind === BTF_KIND_ARRAY) {
    const resolved = btf.resolveSize(btf.skipModifiers(typeId)!);
    const element = resolved?.elem;
    if (!isStruct(element)) return undefined;
    return { struct: element, off: off % element.size };
  }
  if (isStruct(type)) return { struct: type, off };
  if (type.kind === BTF_KIND_PTR && (size !== 8 || off !== 0)) {
    return `cannot access ptr member ${memberName(btf, struct, typeId)} with moff ${structOff - off} in struct ${btf.nameOf(struct)} with off ${structOff} size ${size}`;
  }
  return undefined;
}

function memberName(btf: Btf, { members }: BtfStruct, typeId: number): string {
  const member = members.find(({ type }) => type === typeId);
  return member === undefined ? "" : btf.nameOf(member);
}
