import { EACCES, EFAULT } from "../../include/errno.ts";
import type { BtfField } from "../btf/record.ts";
import type { VerifierEnv } from "./env.ts";
import * as arg from "./func-proto.ts";
import { helperName, helpersNamed } from "./helper-traits.ts";
import { structIdsMatch } from "./kfunc-struct.ts";
import { checkKptrType } from "./kptr.ts";
import type { Reg } from "./reg-state.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  DYNPTR_TYPE_FLAG_MASK,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_RINGBUF,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  PTR_TRUSTED,
  regTypeStr,
  SCALAR_VALUE,
  typeMayBeNull,
} from "./reg-type.ts";
import { checkPtrOffReg } from "./region-access.ts";

const MEM_TYPES = [
  PTR_TO_STACK,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_MEM | MEM_RINGBUF,
  PTR_TO_BUF,
  PTR_TO_BTF_ID | PTR_TRUSTED,
];
const SOCK_TYPES = [PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK];
const SCALAR_TYPES = [SCALAR_VALUE];

/**
 * By argument type, what the register may hold.
 *
 * @linux kernel/bpf/verifier.c `compatible_reg_types` (6.18)
 */
const COMPATIBLE: Readonly<Record<number, readonly number[]>> = {
  [arg.ARG_PTR_TO_MAP_KEY]: MEM_TYPES,
  [arg.ARG_PTR_TO_MAP_VALUE]: MEM_TYPES,
  [arg.ARG_CONST_SIZE]: SCALAR_TYPES,
  [arg.ARG_CONST_SIZE_OR_ZERO]: SCALAR_TYPES,
  [arg.ARG_CONST_ALLOC_SIZE_OR_ZERO]: SCALAR_TYPES,
  [arg.ARG_CONST_MAP_PTR]: [CONST_PTR_TO_MAP],
  [arg.ARG_PTR_TO_CTX]: [PTR_TO_CTX],
  [arg.ARG_PTR_TO_SOCK_COMMON]: SOCK_TYPES,
  [arg.ARG_PTR_TO_BTF_ID_SOCK_COMMON]: [...SOCK_TYPES, PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED],
  [arg.ARG_PTR_TO_SOCKET]: [PTR_TO_SOCKET],
  [arg.ARG_PTR_TO_BTF_ID]: [PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED, PTR_TO_BTF_ID | MEM_RCU],
  [arg.ARG_PTR_TO_SPIN_LOCK]: [PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | MEM_ALLOC],
  [arg.ARG_PTR_TO_MEM]: MEM_TYPES,
  [arg.ARG_PTR_TO_RINGBUF_MEM]: [PTR_TO_MEM | MEM_RINGBUF],
  [arg.ARG_PTR_TO_PERCPU_BTF_ID]: [
    PTR_TO_BTF_ID | MEM_PERCPU,
    PTR_TO_BTF_ID | MEM_PERCPU | MEM_RCU,
    PTR_TO_BTF_ID | MEM_PERCPU | PTR_TRUSTED,
  ],
  [arg.ARG_PTR_TO_FUNC]: [PTR_TO_FUNC],
  [arg.ARG_PTR_TO_STACK]: [PTR_TO_STACK],
  [arg.ARG_PTR_TO_CONST_STR]: [PTR_TO_MAP_VALUE],
  [arg.ARG_PTR_TO_TIMER]: [PTR_TO_MAP_VALUE],
  [arg.ARG_KPTR_XCHG_DEST]: [PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | MEM_ALLOC],
  [arg.ARG_PTR_TO_DYNPTR]: [PTR_TO_STACK, CONST_PTR_TO_DYNPTR],
};

const SK_RELEASE = helpersNamed("sk_release");

/**
 * Whether the register holds the kind of thing that the argument must be.
 *
 * @param btf the structure that a pointer to a kernel object must point to, "" when any will do
 * @linux kernel/bpf/verifier.c `check_reg_type` (6.18)
 */
export function checkRegType(
  env: VerifierEnv,
  regno: number,
  argType: number,
  funcId: number,
  btf: string,
  exchanged?: BtfField,
): 0 | number {
  const reg = env.frame.reg(regno);
  const { type } = reg;
  const compatible = COMPATIBLE[baseType(argType)];
  if (compatible === undefined) {
    env.verifierBug(`unsupported arg type ${argType}`);
    return -EFAULT;
  }
  // An argument that may be read only, or null, takes what is not as well; not the other way round.
  let wanted = type;
  if ((argType & MEM_RDONLY) !== 0) wanted &= ~MEM_RDONLY;
  if ((argType & PTR_MAYBE_NULL) !== 0) wanted &= ~PTR_MAYBE_NULL;
  if (baseType(argType) === arg.ARG_PTR_TO_MEM) wanted &= ~DYNPTR_TYPE_FLAG_MASK;
  if (exchanged !== undefined) wanted &= ~(MEM_ALLOC | MEM_PERCPU);
  if (!compatible.includes(wanted)) {
    const expected = compatible.map(regTypeStr).join(", ");
    env.verbose(`R${regno} type=${regTypeStr(type)} expected=${expected}\n`);
    return -EACCES;
  }
  if (baseType(type) !== PTR_TO_BTF_ID) return 0;
  if (exchanged !== undefined) return checkExchanged(env, reg, regno, exchanged);
  if (compatible !== MEM_TYPES) return checkStruct(env, reg, regno, argType, funcId, btf);
  if ((argType & MEM_RDONLY) !== 0) return 0;
  env.verbose(
    `${helperName(funcId)}() may write into memory pointed by R${regno} type=${regTypeStr(type)}\n`,
  );
  return -EACCES;
}

/** What is put into a value in the place of another object. */
function checkExchanged(env: VerifierEnv, reg: Reg, regno: number, field: BtfField): 0 | number {
  if (typeMayBeNull(reg.type)) {
    env.verbose(`Possibly NULL pointer passed to helper arg${regno}\n`);
    return -EACCES;
  }
  return checkKptrType(env, field, reg, regno) === 0 ? 0 : -EACCES;
}

/** Which structure of the kernel's the pointer points to. */
function checkStruct(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  argType: number,
  funcId: number,
  btf: string,
): 0 | number {
  // Of these only the helper itself knows what they must be.
  if ((reg.type & (MEM_ALLOC | MEM_PERCPU)) !== 0) return 0;
  const isReleased = (argType & OBJ_RELEASE) !== 0;
  if (typeMayBeNull(reg.type) && (!typeMayBeNull(argType) || isReleased)) {
    env.verbose(`Possibly NULL pointer passed to helper arg${regno}\n`);
    return -EACCES;
  }
  const wanted = baseType(argType) === arg.ARG_PTR_TO_BTF_ID ? btf : "sock_common";
  const err = checkPtrOffReg(env, reg, regno, true);
  if (err !== 0) return err;
  // Any kind of socket is given back as the structure that all of them begin with.
  const isStrict = isReleased && !SK_RELEASE.has(funcId);
  if (structIdsMatch(reg.btfType, reg.off, wanted, isStrict, (text) => env.verbose(text))) return 0;
  env.verbose(`R${regno} is of type ${reg.btfType} but ${wanted} is expected\n`);
  return -EACCES;
}
