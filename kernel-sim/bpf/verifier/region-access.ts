/** Accesses to memory of a known size: packets, values and keys of maps, buffers. */
import { EACCES, EINVAL } from "../../include/errno.ts";
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_CGROUP_SOCKOPT,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_SEG6LOCAL,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SK_MSG,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_XDP,
} from "../uapi.ts";
import type { VerifierEnv } from "./env.ts";
import { checkFieldAccess } from "./field-access.ts";
import { add, eq, fromS32, type Int64, isNegative, isZero, leU, S64_MIN } from "./int64.ts";
import type { Reg } from "./reg-state.ts";
import {
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  regTypeStr,
} from "./reg-type.ts";
import { tnumIsConst, tnumText } from "./tnum.ts";

export const BPF_READ = 1;
export const BPF_WRITE = 2;

/** No offset that the verifier follows is as large. */
export const BPF_MAX_VAR_OFF = 1 << 29;
/** No size that a helper may get is as large. */
export const BPF_MAX_VAR_SIZ = 1 << 29;
const MAX_VAR_OFF_64 = fromS32(BPF_MAX_VAR_OFF);

const BPF_F_RDONLY_PROG = 1 << 7;
const BPF_F_WRONLY_PROG = 1 << 8;

/** @linux kernel/bpf/verifier.c `__check_mem_access` (6.18) */
function checkMemBounds(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  memSize: number,
  isZeroSizeAllowed: boolean,
): 0 | number {
  const isSizeOk = size > 0 || (size === 0 && isZeroSizeAllowed);
  if (off >= 0 && isSizeOk && off + size <= memSize) return 0;
  const reg = env.frame.reg(regno);
  const where = `off=${off} size=${size}`;
  switch (reg.type) {
    case PTR_TO_MAP_KEY:
      env.verbose(`invalid access to map key, key_size=${memSize | 0} ${where}\n`);
      break;
    case PTR_TO_MAP_VALUE:
      env.verbose(`invalid access to map value, value_size=${memSize | 0} ${where}\n`);
      break;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END:
      env.verbose(
        `invalid access to packet, ${where}, R${regno}(id=${reg.id},off=${off},r=${memSize | 0})\n`,
      );
      break;
    default:
      env.verbose(`invalid access to memory, mem_size=${memSize >>> 0} ${where}\n`);
  }
  return -EACCES;
}

/** Checks both ends of where a variable offset may lead. @linux kernel/bpf/verifier.c `check_mem_region_access` (6.18) */
export function checkMemRegionAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  memSize: number,
  isZeroSizeAllowed: boolean,
): 0 | number {
  const reg = env.frame.reg(regno);
  if (isNegative(reg.smin) && isTooLow(reg.smin, off)) {
    env.verbose(
      `R${regno} min value is negative, either use unsigned index or do a if (index >=0) check.\n`,
    );
    return -EACCES;
  }
  const lowest = (reg.smin.lo + off) | 0;
  if (checkMemBounds(env, regno, lowest, size, memSize, isZeroSizeAllowed) !== 0) {
    env.verbose(`R${regno} min value is outside of the allowed memory range\n`);
    return -EACCES;
  }
  if (leU(MAX_VAR_OFF_64, reg.umax)) {
    env.verbose(`R${regno} unbounded memory access, make sure to bounds check any such access\n`);
    return -EACCES;
  }
  const highest = (reg.umax.lo + off) | 0;
  if (checkMemBounds(env, regno, highest, size, memSize, isZeroSizeAllowed) !== 0) {
    env.verbose(`R${regno} max value is outside of the allowed memory range\n`);
    return -EACCES;
  }
  return 0;
}

function isTooLow(smin: Int64, off: number): boolean {
  if (eq(smin, S64_MIN)) return true;
  const sum = add(smin, fromS32(off));
  return sum.hi !== sum.lo >> 31 || isNegative(sum);
}

/** @linux kernel/bpf/verifier.c `check_map_access_type` (6.18) */
export function checkMapAccessType(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  access: number,
): 0 | number {
  const { flags, valueSize } = env.frame.reg(regno).map!;
  const where = `value_size=${valueSize} off=${off} size=${size}`;
  if (access === BPF_WRITE && (flags & BPF_F_RDONLY_PROG) !== 0) {
    env.verbose(`write into map forbidden, ${where}\n`);
    return -EACCES;
  }
  if (access === BPF_READ && (flags & BPF_F_WRONLY_PROG) !== 0) {
    env.verbose(`read from map forbidden, ${where}\n`);
    return -EACCES;
  }
  return 0;
}

/**
 * @param isDirect by a load or store of the program, not by a helper
 * @linux kernel/bpf/verifier.c `check_map_access` (6.18)
 */
export function checkMapAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  isZeroSizeAllowed: boolean,
  isDirect: boolean = false,
): 0 | number {
  const reg = env.frame.reg(regno);
  const { valueSize, record } = reg.map!;
  const err = checkMemRegionAccess(env, regno, off, size, valueSize, isZeroSizeAllowed);
  return err !== 0 || record === undefined
    ? err
    : checkFieldAccess(env, reg, record, off, size, isDirect);
}

/** @linux kernel/bpf/verifier.c `check_packet_access` (6.18) */
export function checkPacketAccess(
  env: VerifierEnv,
  regno: number,
  off: number,
  size: number,
  isZeroSizeAllowed: boolean,
): 0 | number {
  const reg = env.frame.reg(regno);
  // What was compared with the end lies behind the variable offset: only the fixed one is checked.
  if (isNegative(reg.smin)) {
    env.verbose(
      `R${regno} min value is negative, either use unsigned index or do a if (index >=0) check.\n`,
    );
    return -EACCES;
  }
  const err =
    reg.range < 0 ? -EINVAL : checkMemBounds(env, regno, off, size, reg.range, isZeroSizeAllowed);
  if (err !== 0) env.verbose(`R${regno} offset is outside of the packet\n`);
  return err;
}

const READ_ONLY_PACKETS: readonly number[] = [
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_SEG6LOCAL,
  BPF_PROG_TYPE_SK_REUSEPORT,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_CGROUP_SKB,
];
const WRITABLE_PACKETS: readonly number[] = [
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_XDP,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_SK_SKB,
  BPF_PROG_TYPE_SK_MSG,
];

/**
 * Whether programs of this type, or the helper, may look into packets.
 *
 * @linux kernel/bpf/verifier.c `may_access_direct_pkt_data` (6.18)
 */
export function mayAccessPacket(
  { progType }: Pick<VerifierEnv, "progType">,
  access: number,
  helperMay: boolean | undefined,
): boolean {
  if (progType === BPF_PROG_TYPE_CGROUP_SOCKOPT) return true;
  const isReadOnly = READ_ONLY_PACKETS.includes(progType);
  if (!isReadOnly && !WRITABLE_PACKETS.includes(progType)) return false;
  if (isReadOnly && access === BPF_WRITE) return false;
  return helperMay ?? true;
}

/** A pointer that must be used as it came. @linux kernel/bpf/verifier.c `__check_ptr_off_reg` (6.18) */
export function checkPtrOffReg(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  isFixedOffOk = false,
): 0 | number {
  const name = regTypeStr(reg.type);
  if (reg.off < 0) {
    env.verbose(`negative offset ${name} ptr R${regno} off=${reg.off} disallowed\n`);
    return -EACCES;
  }
  if (!isFixedOffOk && reg.off !== 0) {
    env.verbose(`dereference of modified ${name} ptr R${regno} off=${reg.off} disallowed\n`);
    return -EACCES;
  }
  if (!tnumIsConst(reg.varOff) || !isZero(reg.varOff.value)) {
    env.verbose(`variable ${name} access var_off=${tnumText(reg.varOff)} disallowed\n`);
    return -EACCES;
  }
  return 0;
}

/** @linux kernel/bpf/verifier.c `__check_buffer_access` (6.18) */
export function checkBufferAccess(
  env: VerifierEnv,
  kind: "tracepoint" | "rdonly" | "rdwr",
  reg: Reg,
  regno: number,
  off: number,
  size: number,
): 0 | number {
  if (off < 0) {
    env.verbose(`R${regno} invalid ${kind} buffer access: off=${off}, size=${size}\n`);
    return -EACCES;
  }
  if (!tnumIsConst(reg.varOff) || !isZero(reg.varOff.value)) {
    env.verbose(
      `R${regno} invalid variable buffer offset: off=${off}, var_off=${tnumText(reg.varOff)}\n`,
    );
    return -EACCES;
  }
  env.bufferAccess[kind] = Math.max(env.bufferAccess[kind], off + size);
  return 0;
}
