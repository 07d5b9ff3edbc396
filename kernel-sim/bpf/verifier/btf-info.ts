/** What the BTF of a program says about its functions. */
import { EACCES, EINVAL } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import {
  BTF_FUNC_GLOBAL,
  BTF_KIND_FUNC,
  type BtfFunc,
  type BtfFuncProto,
  isEnum,
  isSmallInt,
} from "../btf/kinds.ts";
import { typed } from "../btf/typed.ts";
import type { VerifierEnv } from "./env.ts";
import { type InfoRecords, RecordReader } from "./info-records.ts";
import { checkBtfLine } from "./line-info.ts";

/** Where a function of the program starts, and its BTF_KIND_FUNC. @linux `struct bpf_func_info` */
export interface FuncInfo {
  readonly insnOff: number;
  readonly typeId: number;
}

/** What BPF_PROG_LOAD brings besides instructions. */
export interface ProgBtf {
  /** The object, or the negative errno that looking for it answered. */
  readonly btf: Btf | number;
  readonly funcInfo: InfoRecords;
  readonly lineInfo: InfoRecords;
  readonly coreRelo: InfoRecords;
}

const FUNC_INFO_BYTES = 8;
const FUNC_INFO_BYTES_MAX = 252;

/** The BTF of one function; undefined: the program came without. */
export function funcOfSubprog(env: VerifierEnv, subprog: number): BtfFunc | undefined {
  const info = env.funcInfo[subprog];
  return info && (env.progBtf!.typeById(info.typeId) as BtfFunc);
}

/** Arguments and result of one function; their decl tags: `env.progBtf.declTagsOf(func.id, index)`. */
export function funcProtoOfSubprog(env: VerifierEnv, subprog: number): BtfFuncProto | undefined {
  const func = funcOfSubprog(env, subprog);
  return func && (env.progBtf!.typeById(func.type) as BtfFuncProto);
}

/** BTF_FUNC_STATIC or BTF_FUNC_GLOBAL; undefined: the program came without BTF. */
export function linkageOfSubprog(env: VerifierEnv, subprog: number): number | undefined {
  return funcOfSubprog(env, subprog)?.linkage;
}

/** Whether a call of it is checked by its BTF alone. @linux kernel/bpf/verifier.c `subprog_is_global` (6.18) */
export function isSubprogGlobal(env: VerifierEnv, subprog: number): boolean {
  return linkageOfSubprog(env, subprog) === BTF_FUNC_GLOBAL;
}

/** "" without BTF. @linux kernel/bpf/verifier.c `subprog_name` (6.18) */
export function subprogName(env: VerifierEnv, subprog: number): string {
  const func = funcOfSubprog(env, subprog);
  return func === undefined ? "" : env.progBtf!.nameOf(func);
}

/**
 * Before functions are known: the records alone.
 *
 * @linux kernel/bpf/verifier.c `check_btf_info_early`, `check_btf_func_early` (6.18)
 */
export function checkBtfInfoEarly(env: VerifierEnv): 0 | number {
  const { progBtf: given } = env.input;
  if (given === undefined || (given.funcInfo.count === 0 && given.lineInfo.count === 0)) return 0;
  const { btf, funcInfo } = given;
  if (typeof btf === "number") return btf;
  if (btf.isKernel) return -EACCES;
  env.progBtf = btf;
  if (funcInfo.count === 0) return 0;
  const { recSize } = funcInfo;
  if (recSize < FUNC_INFO_BYTES || recSize > FUNC_INFO_BYTES_MAX || recSize % 4 !== 0) {
    env.verbose(`invalid func info rec size ${recSize}\n`);
    return -EINVAL;
  }
  return readFuncInfo(env, btf, funcInfo);
}

function readFuncInfo(env: VerifierEnv, btf: Btf, records: InfoRecords): 0 | number {
  const reader = new RecordReader(env, records, FUNC_INFO_BYTES, "func info");
  const infos: FuncInfo[] = [];
  for (let i = 0; i < records.count; i++) {
    const record = reader.read(i);
    if (typeof record === "number") return record;
    const insnOff = record.getUint32(0, true);
    const typeId = record.getUint32(4, true);
    const before = infos[i - 1]?.insnOff;
    if (before === undefined && insnOff !== 0) {
      env.verbose(`nonzero insn_off ${insnOff} for the first func info record`);
      return -EINVAL;
    }
    if (before !== undefined && insnOff <= before) {
      env.verbose(
        `same or smaller insn offset (${insnOff}) than previous func info record (${before})`,
      );
      return -EINVAL;
    }
    if (btf.typeById(typeId)?.kind !== BTF_KIND_FUNC) {
      env.verbose(`invalid type id ${typeId | 0} in func info`);
      return -EINVAL;
    }
    infos.push({ insnOff, typeId });
  }
  env.funcInfo = infos;
  return 0;
}

/**
 * Now that functions are known: whether they are those of the BTF.
 *
 * @linux kernel/bpf/verifier.c `check_btf_info`, `check_btf_func` (6.18)
 */
export function checkBtfInfo(env: VerifierEnv): 0 | number {
  return checkBtfFunc(env) || checkBtfLine(env) || relocate(env);
}

/** Only where functions or lines are named, too. @linux kernel/bpf/verifier.c `check_core_relo` (6.18) */
function relocate(env: VerifierEnv): 0 | number {
  const records = env.input.progBtf?.coreRelo;
  if (env.progBtf === undefined || records === undefined || records.count === 0) return 0;
  return typed().checkCoreRelo(env, env.progBtf, records);
}

function checkBtfFunc(env: VerifierEnv): 0 | number {
  if (env.funcInfo.length === 0) return checkAbnormalReturn(env);
  if (env.funcInfo.length !== env.subprogs.length) {
    env.verbose("number of funcs in func_info doesn't match number of subprogs\n");
    return -EINVAL;
  }
  for (const [i, { insnOff }] of env.funcInfo.entries()) {
    const { start, hasLdAbs, hasTailCall } = env.subprogs[i]!;
    if (start !== insnOff) {
      env.verbose("func_info BTF section doesn't match subprog layout in BPF program\n");
      return -EINVAL;
    }
    if (i === 0 || returnsScalar(env, i)) continue;
    if (hasLdAbs || hasTailCall) {
      const what = hasLdAbs ? "LD_ABS" : "tail_call";
      env.verbose(`${what} is only allowed in functions that return 'int'.\n`);
      return -EINVAL;
    }
  }
  return 0;
}

function returnsScalar(env: VerifierEnv, subprog: number): boolean {
  const result = env.progBtf!.skipModifiers(funcProtoOfSubprog(env, subprog)!.type);
  return result !== undefined && (isSmallInt(result) || isEnum(result));
}

/** Functions without BTF have no declared result. @linux kernel/bpf/verifier.c `check_abnormal_return` (6.18) */
function checkAbnormalReturn(env: VerifierEnv): 0 | number {
  for (const { hasLdAbs, hasTailCall } of env.subprogs.slice(1)) {
    if (hasLdAbs) {
      env.verbose("LD_ABS is not allowed in subprogs without BTF\n");
      return -EINVAL;
    }
    if (hasTailCall) {
      env.verbose("tail_call is not allowed in subprogs without BTF\n");
      return -EINVAL;
    }
  }
  return 0;
}
