/** Whether a function can stand in for another one, by what the types of both say. */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_FUNC_GLOBAL,
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_VOID,
  type BtfFunc,
  type BtfType,
  isEnum,
  isStruct,
} from "../btf/kinds.ts";
import { btfTypeStr } from "../btf/type-text.ts";

/** A function among its types. */
interface Side {
  readonly btf: Btf;
  readonly func: BtfFunc;
  readonly name: string;
}

/** @linux kernel/bpf/btf.c `btf_check_type_match` (6.18) */
export function checkTypeMatch(
  log: (text: string) => void,
  prog: { readonly btf: Btf | undefined; readonly func: number | undefined },
  targetBtf: Btf,
  target: BtfFunc,
): 0 | number {
  if (prog.btf === undefined || prog.func === undefined) {
    log("Program extension requires BTF\n");
    return -EINVAL;
  }
  const func = prog.btf.typeById(prog.func);
  if (func?.kind !== BTF_KIND_FUNC) return -EFAULT;
  const own = { btf: prog.btf, func, name: prog.btf.nameOf(func) };
  const other = { btf: targetBtf, func: target, name: targetBtf.nameOf(target) };
  const difference = differenceOf(own, other);
  if (difference === "") return 0;
  log(`${difference}\n`);
  return -EINVAL;
}

/** "" when one can stand in for the other. @linux kernel/bpf/btf.c `btf_check_func_type_match` (6.18) */
function differenceOf(one: Side, other: Side): string {
  const local = [one, other].find(({ func }) => func.linkage !== BTF_FUNC_GLOBAL);
  if (local !== undefined) return `${local.name}() is not a global function`;
  const left = protoOf(one);
  const right = protoOf(other);
  if (left.params.length !== right.params.length) {
    return `${one.name}() has ${left.params.length} args while ${other.name}() has ${right.params.length} args`;
  }
  const leftResult = plain(one.btf, left.type);
  const rightResult = plain(other.btf, right.type);
  if (!isAlike(leftResult, rightResult)) {
    return `Return type ${btfTypeStr(leftResult)} of ${one.name}() doesn't match type ${btfTypeStr(rightResult)} of ${other.name}()`;
  }
  for (const [i, param] of left.params.entries()) {
    const difference = argDifference(i, one, param.type, other, right.params[i]!.type);
    if (difference !== "") return difference;
  }
  return "";
}

function argDifference(
  i: number,
  one: Side,
  oneType: number,
  other: Side,
  otherType: number,
): string {
  const left = plain(one.btf, oneType);
  const right = plain(other.btf, otherType);
  if (!isAlike(left, right)) {
    return `arg${i} in ${one.name}() is ${btfTypeStr(left)} while ${other.name}() has ${btfTypeStr(right)}`;
  }
  if (sizeOf(left) !== sizeOf(right)) {
    return `arg${i} in ${one.name}() has size ${sizeOf(left)} while ${other.name}() has ${sizeOf(right)}`;
  }
  if (left.kind === BTF_KIND_INT || isEnum(left)) return "";
  if (left.kind !== BTF_KIND_PTR || right.kind !== BTF_KIND_PTR) {
    return `arg${i} in ${one.name}() has unrecognized type`;
  }
  const leftTarget = plain(one.btf, left.type);
  const rightTarget = plain(other.btf, right.type);
  if (!isStruct(leftTarget)) return `arg${i} in ${one.name}() is not a pointer to context`;
  if (!isStruct(rightTarget)) return `arg${i} in ${other.name}() is not a pointer to context`;
  const leftName = one.btf.nameOf(leftTarget);
  const rightName = other.btf.nameOf(rightTarget);
  return leftName === rightName
    ? ""
    : `arg${i} ${one.name}(struct ${leftName} *) doesn't match ${other.name}(struct ${rightName} *)`;
}

function protoOf({ btf, func }: Side) {
  const proto = btf.typeById(func.type);
  return proto?.kind === BTF_KIND_FUNC_PROTO ? proto : { type: 0, params: [] };
}

function plain(btf: Btf, id: number): BtfType {
  return btf.skipModifiers(id) ?? BTF_VOID;
}

/** The same first word of their records. */
function isAlike(left: BtfType, right: BtfType): boolean {
  return left.kind === right.kind && left.vlen === right.vlen && left.kflag === right.kflag;
}

function sizeOf(type: BtfType): number | undefined {
  return "size" in type ? type.size : undefined;
}
