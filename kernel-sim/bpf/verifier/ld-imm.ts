/** Wide loads: numbers, and addresses of maps and of their values. */
import type { Insn } from "../../api.ts";
import { EINVAL, ENOTSUPP, ERANGE } from "../../include/errno.ts";
import { BTF_FUNC_STATIC } from "../btf/kinds.ts";
import {
  BPF_DW,
  BPF_LDX,
  BPF_MEM,
  BPF_MEMSX,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  bpfClass,
  bpfMode,
  bpfSize,
  isLdImm64,
} from "../isa.ts";
import { BPF_MAP_TYPE_ARENA } from "../uapi.ts";
import { linkageOfSubprog } from "./btf-info.ts";
import type { VerifierEnv } from "./env.ts";
import { fdAt } from "./fd-array.ts";
import { Int64 } from "./int64.ts";
import { isOpcodeKnown } from "./opcodes.ts";
import { checkPseudoBtfId, loadFunctionAddress } from "./pseudo-btf-id.ts";
import { checkRegArg, DST_OP } from "./reg-arg.ts";
import type { RegState } from "./reg-state.ts";
import { CONST_PTR_TO_MAP, PTR_TO_FUNC, PTR_TO_MAP_VALUE } from "./reg-type.ts";
import { BPF_MAX_VAR_OFF } from "./region-access.ts";
import { addMapOfFd } from "./used-maps.ts";
import type { VerifierMap } from "./verifier-input.ts";

/**
 * Puts addresses of maps where their descriptors stand, and looks whether all instructions exist.
 *
 * @linux kernel/bpf/verifier.c `resolve_pseudo_ldimm64` (6.18)
 */
export function resolvePseudoLdImm64(env: VerifierEnv): 0 | number {
  // Here Linux takes the tag: types are resolved already, descriptors are not.
  env.insnsWithFds = [...env.insns];
  for (let i = 0; i < env.insns.length; i++) {
    const insn = env.insns[i]!;
    if (isLdImm64(insn)) {
      const err = resolve(env, i, insn);
      if (err !== 0) return err;
      i++;
      continue;
    }
    const { code, imm } = insn;
    const isLdxMode = bpfMode(code) === BPF_MEM || bpfMode(code) === BPF_MEMSX;
    if (bpfClass(code) === BPF_LDX && (!isLdxMode || imm !== 0)) {
      env.verbose("BPF_LDX uses reserved fields\n");
      return -EINVAL;
    }
    if (!isOpcodeKnown(code)) {
      env.verbose(`unknown opcode ${code.toString(16).padStart(2, "0")}\n`);
      return -EINVAL;
    }
  }
  return 0;
}

function resolve(env: VerifierEnv, idx: number, insn: Insn): 0 | number {
  const second = env.insns[idx + 1];
  if (second === undefined || (second.code | second.dstReg | second.srcReg | second.off) !== 0) {
    env.verbose("invalid bpf_ld_imm64 insn\n");
    return -EINVAL;
  }
  switch (insn.srcReg) {
    case 0:
      return 0;
    case BPF_PSEUDO_BTF_ID:
      return checkPseudoBtfId(env, idx);
    case BPF_PSEUDO_FUNC:
      env.aux[idx]!.ptrType = PTR_TO_FUNC;
      return 0;
    case BPF_PSEUDO_MAP_FD:
    case BPF_PSEUDO_MAP_IDX:
      if (second.imm !== 0) return unrecognized(env);
      break;
    case BPF_PSEUDO_MAP_VALUE:
    case BPF_PSEUDO_MAP_IDX_VALUE:
      break;
    default:
      return unrecognized(env);
  }
  if (insn.srcReg !== BPF_PSEUDO_MAP_IDX && insn.srcReg !== BPF_PSEUDO_MAP_IDX_VALUE) {
    return resolveMap(env, idx, insn, second, insn.imm);
  }
  const found = fdAt(env, insn.imm, "fd_idx");
  return typeof found === "number" ? found : resolveMap(env, idx, insn, second, found.fd);
}

/** An address within the value of a map, not the map itself. */
function isMapValue({ srcReg }: Insn): boolean {
  return srcReg === BPF_PSEUDO_MAP_VALUE || srcReg === BPF_PSEUDO_MAP_IDX_VALUE;
}

function unrecognized(env: VerifierEnv): number {
  env.verbose("unrecognized bpf_ld_imm64 insn\n");
  return -EINVAL;
}

function resolveMap(
  env: VerifierEnv,
  idx: number,
  insn: Insn,
  second: Insn,
  fd: number,
): 0 | number {
  const index = addMapOfFd(env, fd);
  if (index < 0) return index;
  const map = env.usedMaps[index]!;
  const aux = env.aux[idx]!;
  aux.mapIndex = index;
  let { address } = map;
  if (isMapValue(insn)) {
    const off = second.imm >>> 0;
    if (off >= BPF_MAX_VAR_OFF) {
      env.verbose(`direct value offset of ${off} is not allowed\n`);
      return -EINVAL;
    }
    if (map.type === BPF_MAP_TYPE_ARENA) {
      const err = checkArenaOffset(env, map, off);
      if (err !== 0) return err;
    } else if (map.valueAddress === 0n) {
      env.verbose("no direct value access support for this map type\n");
      return -EINVAL;
    } else if (map.maxEntries !== 1 || off >= map.valueSize) {
      env.verbose(`invalid access to map value pointer, value_size=${map.valueSize} off=${off}\n`);
      return map.maxEntries !== 1 ? -ENOTSUPP : -EINVAL;
    }
    aux.mapOff = off;
    address = (map.userStart ?? map.valueAddress) + BigInt(off);
  }
  env.insns[idx] = { ...insn, imm: Number(BigInt.asIntN(32, address)) };
  env.insns[idx + 1] = { ...second, imm: Number(BigInt.asIntN(32, address >> 32n)) };
  return 0;
}

/** @linux kernel/bpf/arena.c `arena_map_direct_value_addr` (6.18) */
function checkArenaOffset(env: VerifierEnv, map: VerifierMap, off: number): 0 | number {
  if (off <= map.userBytes!) return 0;
  env.verbose(`invalid access to map value pointer, value_size=${map.valueSize} off=${off}\n`);
  return -ERANGE;
}

/** The address of a function, for a callback. */
function loadFunc(env: VerifierEnv, insn: Insn, dst: RegState): 0 | number {
  const subprog = env.findSubprog(env.insnIdx + insn.imm + 1);
  const linkage = linkageOfSubprog(env, subprog);
  if (linkage === undefined) {
    env.verbose("missing btf func_info\n");
    return -EINVAL;
  }
  if (linkage !== BTF_FUNC_STATIC) {
    env.verbose("callback function not static\n");
    return -EINVAL;
  }
  dst.type = PTR_TO_FUNC;
  dst.subprogno = subprog;
  return 0;
}

/** @linux kernel/bpf/verifier.c `check_ld_imm` (6.18) */
export function checkLdImm(env: VerifierEnv, insn: Insn): 0 | number {
  if (bpfSize(insn.code) !== BPF_DW) {
    env.verbose("invalid BPF_LD_IMM insn\n");
    return -EINVAL;
  }
  if (insn.off !== 0) {
    env.verbose("BPF_LD_IMM64 uses reserved fields\n");
    return -EINVAL;
  }
  const err = checkRegArg(env, insn.dstReg, DST_OP);
  if (err !== 0) return err;
  const dst = env.frame.own(insn.dstReg);
  if (insn.srcReg === 0) {
    dst.markKnown(new Int64(env.insns[env.insnIdx + 1]!.imm, insn.imm));
    return 0;
  }
  dst.markKnownZero();
  if (insn.srcReg === BPF_PSEUDO_FUNC) return loadFunc(env, insn, dst);
  const aux = env.aux[env.insnIdx]!;
  if (aux.isKernelAddress) return loadFunctionAddress(dst);
  const map = env.usedMaps[aux.mapIndex]!;
  dst.map = map;
  if (isMapValue(insn) && map.type === BPF_MAP_TYPE_ARENA) {
    // Where user space sees it: a number.
    dst.markUnknown(!env.bpfCapable);
    dst.map = map;
  } else if (isMapValue(insn)) {
    dst.type = PTR_TO_MAP_VALUE;
    dst.off = aux.mapOff;
  } else {
    dst.type = CONST_PTR_TO_MAP;
  }
  return 0;
}
