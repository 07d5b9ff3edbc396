import type { VerifierEnv } from "./env.ts";
import {
  MEM_ALIGNED,
  MEM_FIXED_SIZE,
  MEM_RDONLY,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
} from "./reg-type.ts";

/**
 * What a helper expects in a register: a base type, and flags that modify it.
 *
 * @linux include/linux/bpf.h `enum bpf_arg_type` (6.18)
 */
export const ARG_DONTCARE = 0;
export const ARG_CONST_MAP_PTR = 1;
export const ARG_PTR_TO_MAP_KEY = 2;
export const ARG_PTR_TO_MAP_VALUE = 3;
export const ARG_PTR_TO_MEM = 4;
export const ARG_CONST_SIZE = 6;
export const ARG_CONST_SIZE_OR_ZERO = 7;
export const ARG_PTR_TO_CTX = 8;
export const ARG_ANYTHING = 9;
export const ARG_PTR_TO_SPIN_LOCK = 10;
export const ARG_PTR_TO_SOCK_COMMON = 11;
export const ARG_PTR_TO_SOCKET = 12;
export const ARG_PTR_TO_BTF_ID = 13;
export const ARG_PTR_TO_RINGBUF_MEM = 14;
export const ARG_CONST_ALLOC_SIZE_OR_ZERO = 15;
export const ARG_PTR_TO_BTF_ID_SOCK_COMMON = 16;
export const ARG_PTR_TO_PERCPU_BTF_ID = 17;
export const ARG_PTR_TO_FUNC = 18;
export const ARG_PTR_TO_STACK = 19;
export const ARG_PTR_TO_CONST_STR = 20;
export const ARG_PTR_TO_TIMER = 21;
export const ARG_KPTR_XCHG_DEST = 22;
export const ARG_PTR_TO_DYNPTR = 23;
export const ARG_PTR_TO_ARENA = 24;

/** Memory that the helper only reads. */
export const ARG_PTR_TO_RDONLY_MEM = ARG_PTR_TO_MEM | MEM_RDONLY;
/** Memory that the helper fills, and that nobody must have written before. */
export const ARG_PTR_TO_UNINIT_MEM = ARG_PTR_TO_MEM | MEM_UNINIT | MEM_WRITE;
/** Memory of a size that the prototype says. */
export const ARG_PTR_TO_FIXED_MEM = ARG_PTR_TO_MEM | MEM_FIXED_SIZE;
/** The helper gives the object back. */
export const ARG_RELEASED_SOCK = ARG_PTR_TO_BTF_ID_SOCK_COMMON | OBJ_RELEASE;
export const ARG_RELEASED_RINGBUF_MEM = ARG_PTR_TO_RINGBUF_MEM | OBJ_RELEASE;
/** A number of known size that the helper writes. */
export const ARG_PTR_TO_FIXED_OUT = ARG_PTR_TO_FIXED_MEM | MEM_UNINIT | MEM_WRITE | MEM_ALIGNED;

/** A dynptr that the helper only looks at. */
export const ARG_PTR_TO_RDONLY_DYNPTR = ARG_PTR_TO_DYNPTR | MEM_RDONLY;
/** Where the helper makes a dynptr. */
export const ARG_PTR_TO_UNINIT_DYNPTR = ARG_PTR_TO_DYNPTR | MEM_UNINIT | MEM_WRITE;

/** What comes back in r0. @linux include/linux/bpf.h `enum bpf_return_type` (6.18) */
export const RET_INTEGER = 0;
export const RET_VOID = 1;
export const RET_PTR_TO_MAP_VALUE = 2;
export const RET_PTR_TO_SOCKET = 3;
export const RET_PTR_TO_TCP_SOCK = 4;
export const RET_PTR_TO_SOCK_COMMON = 5;
export const RET_PTR_TO_MEM = 6;
export const RET_PTR_TO_MEM_OR_BTF_ID = 7;
export const RET_PTR_TO_BTF_ID = 8;

export const RET_PTR_TO_MAP_VALUE_OR_NULL = RET_PTR_TO_MAP_VALUE | PTR_MAYBE_NULL;

/**
 * What a helper takes and answers, and who may call it.
 *
 * @linux include/linux/bpf.h `struct bpf_func_proto` (6.18)
 */
export interface FuncProto {
  readonly ret: number;
  /** The types of r1 to r5, as far as the helper takes them. */
  readonly args: readonly number[];
  /** In bytes, by argument, for those with MEM_FIXED_SIZE. */
  readonly argSizes?: readonly number[];
  /** The structures that arguments point to, by argument; "" where it is no kernel object. */
  readonly argBtf?: readonly string[];
  /** The structure that comes back, for RET_PTR_TO_BTF_ID. */
  readonly retBtf?: string;
  /** Programs that are not under the GPL may not call it. */
  readonly gplOnly?: boolean;
  /** It may be given pointers into a packet. */
  readonly pktAccess?: boolean;
  readonly mightSleep?: boolean;
  /** What else the program must be. */
  readonly isAllowed?: (env: VerifierEnv) => boolean;
  /** The compiler puts its body in place of the call, which then leaves r1 to r5 alone. */
  readonly isInlined?: boolean;
}

/** A helper that takes nothing but numbers. */
export function onlyNumbers(count: number): FuncProto {
  return { ret: RET_INTEGER, args: Array<number>(count).fill(ARG_ANYTHING) };
}

/** A helper that takes the context and `numbers` numbers. */
export function onContext(numbers: number): FuncProto {
  return { ret: RET_INTEGER, args: [ARG_PTR_TO_CTX, ...Array<number>(numbers).fill(ARG_ANYTHING)] };
}

/** How many of r1 to r5 the helper reads. */
export function paramCount({ args }: FuncProto): number {
  return args.length;
}
