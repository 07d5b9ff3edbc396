/** Memory that a helper gets: whether all of it may be read or written. */
import { EACCES } from "../../include/errno.ts";
import { BPF_B } from "../isa.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_NETFILTER,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
} from "../uapi.ts";
import { markChainPrecision, markWantedPrecise } from "./backtrack.ts";
import { checkPtrToBtfAccess } from "./btf-access.ts";
import type { VerifierEnv } from "./env.ts";
import { fromS32, type Int64, isNegative, isZero, leU, toBigS } from "./int64.ts";
import { checkMemAccess } from "./mem-access.ts";
import { isNullReg } from "./reg-state.ts";
import {
  baseType,
  MEM_RDONLY,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  regTypeStr,
} from "./reg-type.ts";
import {
  BPF_MAX_VAR_SIZ,
  BPF_READ,
  BPF_WRITE,
  checkBufferAccess,
  checkMapAccess,
  checkMapAccessType,
  checkMemRegionAccess,
  checkPacketAccess,
} from "./region-access.ts";
import { checkStackRangeInitialized, frameOf, type RawMode } from "./stack-access.ts";
import { isSpilledScalar, type Slot, STACK_SPILL, STACK_ZERO, slotType } from "./states.ts";
import { tnumIsConst } from "./tnum.ts";

const MAX_SIZE = fromS32(BPF_MAX_VAR_SIZ);

/** @linux kernel/bpf/verifier.c `check_helper_mem_access` (6.18) */
export function checkHelperMemAccess(
  env: VerifierEnv,
  regno: number,
  size: number,
  access: number,
  isZeroSizeAllowed: boolean,
  raw: RawMode | null,
): 0 | number {
  const reg = env.frame.reg(regno);
  const { off, type } = reg;
  switch (baseType(type)) {
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      return checkPacketAccess(env, regno, off, size, isZeroSizeAllowed);
    case PTR_TO_MAP_KEY:
      if (access === BPF_WRITE) return cannotWrite(env, regno);
      return checkMemRegionAccess(env, regno, off, size, reg.map!.keySize, false);
    case PTR_TO_MAP_VALUE:
      if (checkMapAccessType(env, regno, off, size, access) !== 0) return -EACCES;
      return checkMapAccess(env, regno, off, size, isZeroSizeAllowed);
    case PTR_TO_MEM:
      if (access === BPF_WRITE && (type & MEM_RDONLY) !== 0) return cannotWrite(env, regno);
      return checkMemRegionAccess(env, regno, off, size, reg.memSize, isZeroSizeAllowed);
    case PTR_TO_BUF: {
      const isReadOnly = (type & MEM_RDONLY) !== 0;
      if (access === BPF_WRITE && isReadOnly) return cannotWrite(env, regno);
      return checkBufferAccess(env, isReadOnly ? "rdonly" : "rdwr", reg, regno, off, size);
    }
    case PTR_TO_STACK:
      return checkStackRangeInitialized(env, regno, off, size, isZeroSizeAllowed, access, raw);
    case PTR_TO_BTF_ID:
      return checkPtrToBtfAccess(env, reg, regno, off, size, BPF_READ, -1);
    case PTR_TO_CTX:
      if (!isCtxPlainMemory(env)) break;
      if (size === 0) return isZeroSizeAllowed ? 0 : -EACCES;
      return checkMemAccess(env, env.insnIdx, regno, size - 1, BPF_B, access, -1, false, false);
  }
  // Nothing is read from nowhere.
  if (isZeroSizeAllowed && size === 0 && isNullReg(reg)) return 0;
  env.verbose(`R${regno} type=${regTypeStr(type)} expected=${regTypeStr(PTR_TO_STACK)}\n`);
  return -EACCES;
}

/** @linux include/linux/bpf.h `struct bpf_verifier_ops`: types without `convert_ctx_access` (6.18) */
const PLAIN_CTX_PROG_TYPES: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_NETFILTER,
]);

/** Whether the context is what programs see of it, not a view on something else. */
export function isCtxPlainMemory({ progType }: Pick<VerifierEnv, "progType">): boolean {
  return PLAIN_CTX_PROG_TYPES.has(progType);
}

function cannotWrite(env: VerifierEnv, regno: number): number {
  env.verbose(`R${regno} cannot write into ${regTypeStr(env.frame.reg(regno).type)}\n`);
  return -EACCES;
}

/**
 * Whether the memory in the register before is as large as `regno` may say.
 *
 * @linux kernel/bpf/verifier.c `check_mem_size_reg` (6.18)
 */
export function checkMemSizeReg(
  env: VerifierEnv,
  regno: number,
  access: number,
  isZeroSizeAllowed: boolean,
  raw: RawMode,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (isNegative(reg.smin)) {
    env.verbose(`R${regno} min value is negative, either use unsigned or 'var &= const'\n`);
    return -EACCES;
  }
  if (isZero(reg.umin) && !isZeroSizeAllowed) {
    env.verbose(
      `R${regno} invalid zero-sized read: u64=[${toBigS(reg.umin)},${toBigS(reg.umax)}]\n`,
    );
    return -EACCES;
  }
  if (leU(MAX_SIZE, reg.umax)) {
    env.verbose(`R${regno} unbounded memory access, use 'var &= const' or 'if (var < const)'\n`);
    return -EACCES;
  }
  // With a size that is not known, the helper may leave a part of the memory as it was.
  const filled = tnumIsConst(reg.varOff) ? raw : null;
  const err = checkHelperMemAccess(env, regno - 1, reg.umax.lo, access, isZeroSizeAllowed, filled);
  return err === 0 ? markChainPrecision(env, regno) : err;
}

/**
 * The key of an array, when it is a number on the stack that is known: a negative errno, the key,
 * or undefined when it is not known.
 *
 * @linux kernel/bpf/verifier.c `get_constant_map_key` (6.18)
 */
export function constantMapKey(
  env: VerifierEnv,
  regno: number,
  keySize: number,
): { readonly err: number } | { readonly key: Int64 } | undefined {
  const reg = env.frame.reg(regno);
  if (!env.bpfCapable || reg.type !== PTR_TO_STACK || !tnumIsConst(reg.varOff)) return undefined;
  const byte = -(reg.off + reg.varOff.value.lo) - 1;
  const spi = byte >> 3;
  const slot = frameOf(env, reg).slot(spi);
  const lowest = byte & 7;
  if (runOf(slot, lowest, STACK_ZERO) >= keySize) return { key: fromS32(0) };
  if (!isSpilledScalar(slot) || runOf(slot, lowest, STACK_SPILL) !== keySize) return undefined;
  const { spilled } = slot;
  if (!tnumIsConst(spilled.varOff)) return undefined;
  // The result depends on the number now.
  env.bt.setSlot(spi, reg.frameno);
  const err = markWantedPrecise(env, env.curState);
  return err < 0 ? { err } : { key: spilled.varOff.value };
}

/** How many bytes of one kind follow each other, upwards in memory from the lowest. */
function runOf(slot: Slot, from: number, type: number): number {
  let bytes = 0;
  for (let byte = from; byte >= 0 && slotType(slot, byte) === type; byte--) bytes++;
  return bytes;
}
