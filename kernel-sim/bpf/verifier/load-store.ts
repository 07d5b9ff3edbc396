/** Instructions that load and store. */
import type { Insn } from "../../api.ts";
import { EACCES, EINVAL } from "../../include/errno.ts";
import {
  BPF_ADD,
  BPF_AND,
  BPF_ATOMIC,
  BPF_CMPXCHG,
  BPF_DW,
  BPF_FETCH,
  BPF_LOAD_ACQ,
  BPF_MEM,
  BPF_MEMSX,
  BPF_OR,
  BPF_STORE_REL,
  BPF_W,
  BPF_XCHG,
  BPF_XOR,
  bpfMode,
  bpfSize,
} from "../isa.ts";
import { regBoundsSanityCheck } from "./bounds.ts";
import type { VerifierEnv } from "./env.ts";
import { checkMemAccess } from "./mem-access.ts";
import { checkRegArg, DST_OP, DST_OP_NO_MARK, isPointerValue, SRC_OP } from "./reg-arg.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  MEM_RDONLY,
  NOT_INIT,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_UNTRUSTED,
  regTypeStr,
  typeIsPtrAllocObj,
  typeIsSkPointer,
} from "./reg-type.ts";
import { BPF_READ, BPF_WRITE } from "./region-access.ts";

export function checkLdx(env: VerifierEnv, insn: Insn): 0 | number {
  return checkLoad(env, insn, false, bpfMode(insn.code) === BPF_MEMSX, "ldx");
}

/** @linux kernel/bpf/verifier.c `check_load_mem` (6.18) */
function checkLoad(
  env: VerifierEnv,
  { code, dstReg, srcReg, off }: Insn,
  isStrict: boolean,
  isLdsx: boolean,
  where: string,
): 0 | number {
  const argErr = checkRegArg(env, srcReg, SRC_OP) || checkRegArg(env, dstReg, DST_OP_NO_MARK);
  if (argErr !== 0) return argErr;
  const { type } = env.frame.reg(srcReg);
  return (
    checkMemAccess(
      env,
      env.insnIdx,
      srcReg,
      off,
      bpfSize(code),
      BPF_READ,
      dstReg,
      isStrict,
      isLdsx,
    ) ||
    saveLoadType(env, type, !isStrict) ||
    regBoundsSanityCheck(env, env.frame.own(dstReg), where)
  );
}

export function checkStx(env: VerifierEnv, insn: Insn): 0 | number {
  if (bpfMode(insn.code) === BPF_ATOMIC) return checkAtomic(env, insn);
  if (bpfMode(insn.code) !== BPF_MEM || insn.imm !== 0) {
    env.verbose("BPF_STX uses reserved fields\n");
    return -EINVAL;
  }
  return checkStoreReg(env, insn, false);
}

/** @linux kernel/bpf/verifier.c `check_store_reg` (6.18) */
function checkStoreReg(env: VerifierEnv, insn: Insn, isStrict: boolean): 0 | number {
  const { code, dstReg, srcReg, off } = insn;
  const argErr = checkRegArg(env, srcReg, SRC_OP) || checkRegArg(env, dstReg, SRC_OP);
  if (argErr !== 0) return argErr;
  const { type } = env.frame.reg(dstReg);
  return (
    checkMemAccess(
      env,
      env.insnIdx,
      dstReg,
      off,
      bpfSize(code),
      BPF_WRITE,
      srcReg,
      isStrict,
      false,
    ) || saveAuxPtrType(env, type)
  );
}

/** A store of a number that stands in the instruction. */
export function checkSt(env: VerifierEnv, { code, dstReg, srcReg, off }: Insn): 0 | number {
  if (bpfMode(code) !== BPF_MEM || srcReg !== 0) {
    env.verbose("BPF_ST uses reserved fields\n");
    return -EINVAL;
  }
  const argErr = checkRegArg(env, dstReg, SRC_OP);
  if (argErr !== 0) return argErr;
  const { type } = env.frame.reg(dstReg);
  return (
    checkMemAccess(env, env.insnIdx, dstReg, off, bpfSize(code), BPF_WRITE, -1, false, false) ||
    saveAuxPtrType(env, type)
  );
}

function saveLoadType(env: VerifierEnv, type: number, isPlain: boolean): 0 | number {
  const isOwn = typeIsPtrAllocObj(type) && (type & PTR_UNTRUSTED) === 0;
  const isObject = baseType(type) === PTR_TO_BTF_ID && !isOwn;
  const isMemory = baseType(type) === PTR_TO_MEM && (type & PTR_UNTRUSTED) !== 0;
  const isMap = baseType(type) === CONST_PTR_TO_MAP;
  if (isObject || isMemory || isMap) env.aux[env.insnIdx]!.isKernelLoad = true;
  return saveAuxPtrType(env, type, isPlain);
}

/**
 * Accesses to some structures are rewritten by the type of the pointer: an instruction can be
 * rewritten in one way only.
 *
 * @linux kernel/bpf/verifier.c `save_aux_ptr_type` (6.18)
 */
function saveAuxPtrType(env: VerifierEnv, type: number, isPlainLoad = false): 0 | number {
  const aux = env.aux[env.insnIdx]!;
  if (aux.ptrType === NOT_INIT) {
    aux.ptrType = type;
    return 0;
  }
  if (type === aux.ptrType || (!isRewritten(type) && !isRewritten(aux.ptrType))) return 0;
  // On one way the pointer may be trusted, and not on another: then the load is made with care on both.
  if (isPlainLoad && isMemOrObject(type) && isMemOrObject(aux.ptrType)) {
    aux.ptrType = careful(type, aux.ptrType);
    return 0;
  }
  env.verbose("same insn cannot be used with different pointers\n");
  return -EINVAL;
}

function isMemOrObject(type: number): boolean {
  return baseType(type) === PTR_TO_MEM || baseType(type) === PTR_TO_BTF_ID;
}

function careful(a: number, b: number): number {
  const isMem = baseType(a) === PTR_TO_MEM || baseType(b) === PTR_TO_MEM;
  return (isMem ? PTR_TO_MEM : PTR_TO_BTF_ID) | ((a | b) & (PTR_UNTRUSTED | MEM_RDONLY));
}

function isRewritten(type: number): boolean {
  const base = baseType(type);
  return (
    base === PTR_TO_CTX || base === PTR_TO_BTF_ID || base === PTR_TO_ARENA || typeIsSkPointer(base)
  );
}

const READ_MODIFY_WRITE: ReadonlySet<number> = new Set([
  BPF_ADD,
  BPF_ADD | BPF_FETCH,
  BPF_AND,
  BPF_AND | BPF_FETCH,
  BPF_OR,
  BPF_OR | BPF_FETCH,
  BPF_XOR,
  BPF_XOR | BPF_FETCH,
  BPF_XCHG,
  BPF_CMPXCHG,
]);

/** What x86-64 has only as a loop, in which a fault could not be left out. @linux arch/x86/net/bpf_jit_comp.c `bpf_jit_supports_insn` (6.18) */
const LOOPS: ReadonlySet<number> = new Set([
  BPF_AND | BPF_FETCH,
  BPF_OR | BPF_FETCH,
  BPF_XOR | BPF_FETCH,
]);

/** @linux kernel/bpf/verifier.c `check_atomic` (6.18) */
function checkAtomic(env: VerifierEnv, insn: Insn): 0 | number {
  if (READ_MODIFY_WRITE.has(insn.imm)) return checkAtomicRmw(env, insn);
  switch (insn.imm) {
    case BPF_LOAD_ACQ: {
      const err = checkLoad(env, insn, true, false, "atomic_load");
      return err || checkAtomicPtr(env, insn, insn.srcReg, "loads from");
    }
    case BPF_STORE_REL: {
      const err = checkStoreReg(env, insn, true);
      return err || checkAtomicPtr(env, insn, insn.dstReg, "stores into");
    }
    default: {
      const opcode = (insn.imm >>> 0).toString(16).padStart(2, "0");
      env.verbose(`BPF_ATOMIC uses invalid atomic opcode ${opcode}\n`);
      return -EINVAL;
    }
  }
}

/** @linux kernel/bpf/verifier.c `check_atomic_rmw` (6.18) */
function checkAtomicRmw(env: VerifierEnv, insn: Insn): 0 | number {
  const { code, dstReg, srcReg, off, imm } = insn;
  const size = bpfSize(code);
  if (size !== BPF_W && size !== BPF_DW) {
    env.verbose("invalid atomic operand size\n");
    return -EINVAL;
  }
  const isCmpxchg = imm === BPF_CMPXCHG;
  const err =
    checkRegArg(env, srcReg, SRC_OP) ||
    checkRegArg(env, dstReg, SRC_OP) ||
    (isCmpxchg ? checkRegArg(env, 0, SRC_OP) || checkNoLeak(env, 0) : 0) ||
    checkNoLeak(env, srcReg) ||
    checkAtomicPtr(env, insn, dstReg, "stores into");
  if (err !== 0) return err;
  let loadReg = -1;
  if ((imm & BPF_FETCH) !== 0) {
    loadReg = isCmpxchg ? 0 : srcReg;
    const dstErr = checkRegArg(env, loadReg, DST_OP);
    if (dstErr !== 0) return dstErr;
  }
  const access = (kind: number, valueRegno: number) =>
    checkMemAccess(env, env.insnIdx, dstReg, off, size, kind, valueRegno, true, false);
  const isArena = env.frame.reg(dstReg).type === PTR_TO_ARENA;
  return (
    access(BPF_READ, -1) ||
    (loadReg >= 0 ? access(BPF_READ, loadReg) : 0) ||
    (isArena ? saveAuxPtrType(env, PTR_TO_ARENA) : 0) ||
    access(BPF_WRITE, -1)
  );
}

function checkNoLeak(env: VerifierEnv, regno: number): 0 | number {
  if (!isPointerValue(env, regno)) return 0;
  env.verbose(`R${regno} leaks addr into mem\n`);
  return -EACCES;
}

/** @linux kernel/bpf/verifier.c `atomic_ptr_type_ok` (6.18) */
function checkAtomicPtr(env: VerifierEnv, { imm }: Insn, regno: number, how: string): 0 | number {
  const { type } = env.frame.reg(regno);
  const isRefused =
    type === PTR_TO_CTX ||
    type === PTR_TO_PACKET ||
    type === PTR_TO_PACKET_META ||
    type === PTR_TO_FLOW_KEYS ||
    typeIsSkPointer(type) ||
    (type === PTR_TO_ARENA && LOOPS.has(imm));
  if (!isRefused) return 0;
  env.verbose(`BPF_ATOMIC ${how} R${regno} ${regTypeStr(type)} is not allowed\n`);
  return -EACCES;
}
