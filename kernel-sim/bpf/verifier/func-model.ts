/** Whether the kernel can call a program in the place, or at the sides, of a function with this prototype. */
import { EINVAL } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_VOID,
  type BtfFuncProto,
  type BtfType,
  isEnum,
  isStruct,
} from "../btf/kinds.ts";
import { btfTypeStr } from "../btf/type-text.ts";

/** @linux include/linux/bpf.h `MAX_BPF_FUNC_ARGS` (6.18) */
const MAX_BPF_FUNC_ARGS = 12;
const POINTER_BYTES = 8;
/** What two registers hold. */
const STRUCT_BYTES_MAX = 16;

/** @linux kernel/bpf/btf.c `btf_distill_func_proto` (6.18) */
export function checkFuncModel(
  log: (text: string) => void,
  btf: Btf,
  proto: BtfFuncProto | undefined,
  name: string,
): 0 | number {
  if (proto === undefined) return 0;
  const problem = problemOf(btf, proto);
  if (problem === "") return 0;
  log(`The function ${name} ${problem}\n`);
  return -EINVAL;
}

function problemOf(btf: Btf, { type, params }: BtfFuncProto): string {
  if (params.length > MAX_BPF_FUNC_ARGS) return `has ${params.length} arguments. Too many.`;
  const result = sized(btf, type);
  if (result.bytes < 0 || isStruct(result.type)) {
    return `return type ${btfTypeStr(result.type)} is unsupported.`;
  }
  for (const [i, param] of params.entries()) {
    if (i === params.length - 1 && param.type === 0) return "with variable args is unsupported.";
    const arg = sized(btf, param.type);
    if (arg.bytes < 0 || arg.bytes > STRUCT_BYTES_MAX) {
      return `arg${i} type ${btfTypeStr(arg.type)} is unsupported.`;
    }
    if (arg.bytes === 0) return "has malformed void argument.";
  }
  return "";
}

/** -1: it is none of the kinds that are passed. @linux kernel/bpf/btf.c `__get_type_size` (6.18) */
function sized(btf: Btf, id: number): { readonly bytes: number; readonly type: BtfType } {
  const type = id === 0 ? BTF_VOID : btf.skipModifiers(id);
  if (type === undefined) return { bytes: -1, type: BTF_VOID };
  if (type.id === 0) return { bytes: id === 0 ? 0 : -1, type };
  if (type.kind === BTF_KIND_PTR) return { bytes: POINTER_BYTES, type };
  const isPassed = type.kind === BTF_KIND_INT || isEnum(type) || isStruct(type);
  return { bytes: isPassed ? type.size : -1, type };
}
