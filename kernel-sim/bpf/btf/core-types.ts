/** Whether a type of a program stands for one of the kernel, whose name is the same: 1, 0, or a negative errno. */
import { EINVAL } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import { essentialName } from "./core-spec.ts";
import * as kinds from "./kinds.ts";

const MAX_DEPTH = 32;
/** How often functions may take functions, and how deep structures are looked into. */
const MAX_LEVEL = 2;

/** A type, and whose it is. */
export interface PlacedType {
  readonly btf: Btf;
  readonly id: number;
}

/** The same without what only qualifies or renames it. */
interface PlainType {
  readonly btf: Btf;
  readonly type: kinds.BtfType;
}

function plain({ btf, id }: PlacedType): PlainType | undefined {
  const type = btf.skipModifiers(id);
  return type && { btf, type };
}

/** @linux tools/lib/bpf/relo_core.c `btf_kind_core_compat` (6.18) */
function areKindsCompatible(a: kinds.BtfType, b: kinds.BtfType): boolean {
  return a.kind === b.kind || (kinds.isEnum(a) && kinds.isEnum(b));
}

function areWholeInts(a: kinds.BtfType, b: kinds.BtfType): boolean {
  return [a, b].every((type) => kinds.intBitOffset(type as kinds.BtfInt) === 0);
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_fields_are_compat` (6.18) */
export function areFieldsCompatible(local: PlacedType, target: PlacedType): number {
  const a = plain(local);
  const b = plain(target);
  if (a === undefined || b === undefined) return -EINVAL;
  if (kinds.isStruct(a.type) && kinds.isStruct(b.type)) return 1;
  if (!areKindsCompatible(a.type, b.type)) return 0;
  switch (a.type.kind) {
    case kinds.BTF_KIND_PTR:
    case kinds.BTF_KIND_FLOAT:
      return 1;
    case kinds.BTF_KIND_FWD:
    case kinds.BTF_KIND_ENUM:
    case kinds.BTF_KIND_ENUM64: {
      const [mine, theirs] = [a, b].map(({ btf, type }) => essentialName(btf.nameOf(type)));
      return Number(mine === "" || theirs === "" || mine === theirs);
    }
    case kinds.BTF_KIND_INT:
      return Number(areWholeInts(a.type, b.type));
    case kinds.BTF_KIND_ARRAY:
      return areFieldsCompatible(
        { btf: a.btf, id: a.type.elemType },
        { btf: b.btf, id: (b.type as kinds.BtfArray).elemType },
      );
    default:
      return 0;
  }
}

/** @linux tools/lib/bpf/relo_core.c `__bpf_core_types_are_compat` (6.18) */
export function areTypesCompatible(
  local: PlacedType,
  target: PlacedType,
  level: number = MAX_LEVEL,
): number {
  const [first, second] = [local, target].map(({ btf, id }) => btf.typeById(id)!);
  if (!areKindsCompatible(first!, second!)) return 0;
  let [mine, theirs] = [local, target];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const a = plain(mine);
    const b = plain(theirs);
    if (a === undefined || b === undefined) return -EINVAL;
    if (!areKindsCompatible(a.type, b.type)) return 0;
    if (a.type.kind === kinds.BTF_KIND_FUNC_PROTO) {
      const answer = areParamsCompatible(a, b, level);
      if (answer <= 0) return answer;
    }
    const next = referred(a.type);
    if (next === undefined) return Number(hasNoInside(a.type) || isWholeInt(a.type, b.type));
    mine = { btf: a.btf, id: next };
    theirs = { btf: b.btf, id: referred(b.type)! };
  }
  return -EINVAL;
}

function isWholeInt(a: kinds.BtfType, b: kinds.BtfType): boolean {
  return a.kind === kinds.BTF_KIND_INT && areWholeInts(a, b);
}

/** What its name alone decides. */
function hasNoInside(type: kinds.BtfType): boolean {
  const { kind } = type;
  const isNamed = kind === kinds.BTF_KIND_UNKN || kind === kinds.BTF_KIND_FWD;
  return isNamed || kinds.isStruct(type) || kinds.isEnum(type);
}

/** What a pointer, an array or a function's result consists of. */
function referred(type: kinds.BtfType): number | undefined {
  switch (type.kind) {
    case kinds.BTF_KIND_PTR:
    case kinds.BTF_KIND_FUNC_PROTO:
      return type.type;
    case kinds.BTF_KIND_ARRAY:
      return type.elemType;
    default:
      return undefined;
  }
}

function areParamsCompatible(a: PlainType, b: PlainType, level: number): number {
  const mine = (a.type as kinds.BtfFuncProto).params;
  const theirs = (b.type as kinds.BtfFuncProto).params;
  if (mine.length !== theirs.length) return 0;
  for (const [i, param] of mine.entries()) {
    if (level <= 0) return -EINVAL;
    const own = plain({ btf: a.btf, id: param.type });
    const other = plain({ btf: b.btf, id: theirs[i]!.type });
    if (own === undefined || other === undefined) return -EINVAL;
    const answer = areTypesCompatible(
      { btf: a.btf, id: own.type.id },
      { btf: b.btf, id: other.type.id },
      level - 1,
    );
    if (answer <= 0) return answer;
  }
  return 1;
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_names_match` (6.18) */
function doNamesMatch(
  local: Btf,
  a: { readonly nameOff: number },
  target: Btf,
  b: { readonly nameOff: number },
): boolean {
  return essentialName(local.nameOf(a)) === essentialName(target.nameOf(b));
}

/**
 * All that the program says of the type is also said by the kernel.
 *
 * @linux tools/lib/bpf/relo_core.c `__bpf_core_types_match` (6.18)
 */
export function doTypesMatch(
  local: PlacedType,
  target: PlacedType,
  isBehindPtr: boolean = false,
  level: number = MAX_LEVEL,
): number {
  if (level <= 0) return -EINVAL;
  let [mine, theirs, isBehind] = [local, target, isBehindPtr];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const a = plain(mine);
    const b = plain(theirs);
    if (a === undefined || b === undefined) return -EINVAL;
    if (!doNamesMatch(a.btf, a.type, b.btf, b.type)) return 0;
    const next = referred(a.type);
    if (next === undefined) return doLastTypesMatch(a, b, isBehind, level);
    if (a.type.kind !== b.type.kind) return 0;
    if (a.type.kind === kinds.BTF_KIND_PTR) isBehind = true;
    const answer = doPartsMatch(a, b, isBehind, level);
    if (answer <= 0) return answer;
    mine = { btf: a.btf, id: next };
    theirs = { btf: b.btf, id: referred(b.type)! };
  }
  return -EINVAL;
}

/** How long an array is, and what a function takes. */
function doPartsMatch(a: PlainType, b: PlainType, isBehindPtr: boolean, level: number): number {
  if (a.type.kind === kinds.BTF_KIND_ARRAY) {
    return Number(a.type.nelems === (b.type as kinds.BtfArray).nelems);
  }
  if (a.type.kind !== kinds.BTF_KIND_FUNC_PROTO) return 1;
  const theirs = (b.type as kinds.BtfFuncProto).params;
  if (a.type.params.length !== theirs.length) return 0;
  for (const [i, param] of a.type.params.entries()) {
    const own = { btf: a.btf, id: param.type };
    const answer = doTypesMatch(own, { btf: b.btf, id: theirs[i]!.type }, isBehindPtr, level - 1);
    if (answer <= 0) return answer;
  }
  return 1;
}

function doLastTypesMatch(a: PlainType, b: PlainType, isBehindPtr: boolean, level: number): number {
  const { type } = a;
  const other = b.type;
  switch (type.kind) {
    case kinds.BTF_KIND_UNKN:
      return Number(other.kind === type.kind);
    case kinds.BTF_KIND_FWD:
      if (other.kind === type.kind) return Number(other.kflag === type.kflag);
      return Number(isBehindPtr && isStructOfForward(other, type));
    case kinds.BTF_KIND_ENUM:
    case kinds.BTF_KIND_ENUM64:
      return Number(areKindsCompatible(type, other) && doEnumsMatch(a, b));
    case kinds.BTF_KIND_STRUCT:
    case kinds.BTF_KIND_UNION:
      if (!isBehindPtr) return other.kind === type.kind ? doMembersMatch(a, b, level) : 0;
      return Number(other.kind === type.kind || isStructOfForward(type, other));
    case kinds.BTF_KIND_INT:
      return Number(other.kind === type.kind && areSameInts(type, other));
    default:
      return 0;
  }
}

function isStructOfForward(type: kinds.BtfType, forward: kinds.BtfType): boolean {
  if (forward.kind !== kinds.BTF_KIND_FWD || !kinds.isStruct(type)) return false;
  return (type.kind === kinds.BTF_KIND_UNION) === forward.kflag;
}

function areSameInts(a: kinds.BtfInt, b: kinds.BtfInt): boolean {
  const [mine, theirs] = [a, b].map((int) => kinds.intEncoding(int) & kinds.BTF_INT_SIGNED);
  return a.size === b.size && mine === theirs;
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_enums_match` (6.18) */
function doEnumsMatch(a: PlainType, b: PlainType): boolean {
  const mine = a.type as kinds.BtfEnum;
  const theirs = b.type as kinds.BtfEnum;
  if (mine.size !== theirs.size || mine.vlen > theirs.vlen) return false;
  return mine.values.every((value) =>
    theirs.values.some((other) => doNamesMatch(a.btf, value, b.btf, other)),
  );
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_composites_match` (6.18) */
function doMembersMatch(a: PlainType, b: PlainType, level: number): number {
  if (level <= 0) return -EINVAL;
  if (a.type.vlen > b.type.vlen) return 0;
  for (const member of (a.type as kinds.BtfStruct).members) {
    const answer = hasMember(b, a.btf, member, level);
    if (answer <= 0) return answer;
  }
  return 1;
}

function hasMember(b: PlainType, local: Btf, member: kinds.BtfMember, level: number): number {
  for (const other of (b.type as kinds.BtfStruct).members) {
    if (!doNamesMatch(local, member, b.btf, other)) continue;
    const own = { btf: local, id: member.type };
    const answer = doTypesMatch(own, { btf: b.btf, id: other.type }, false, level - 1);
    if (answer !== 0) return answer;
  }
  return 0;
}
