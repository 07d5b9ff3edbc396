/** Pointers to objects in values of maps. */
import type { Insn } from "../../api.ts";
import { EACCES, EINVAL } from "../../include/errno.ts";
import {
  BPF_GRAPH_NODE,
  BPF_KPTR,
  BPF_KPTR_PERCPU,
  BPF_KPTR_REF,
  BPF_KPTR_UNREF,
  BPF_UPTR,
} from "../btf/field-types.ts";
import type { BtfField, KptrTarget } from "../btf/record.ts";
import { BPF_LDX, BPF_MEM, BPF_STX, bpfClass, bpfMode } from "../isa.ts";
import { regBtfRecord } from "./btf-record.ts";
import type { VerifierEnv } from "./env.ts";
import { structIdsMatch } from "./kfunc-struct.ts";
import { markRegKnownZero } from "./reg-arg.ts";
import { isNullReg, type Reg, type RegState } from "./reg-state.ts";
import {
  baseType,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  NON_OWN_REF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  regTypeStr,
} from "./reg-type.ts";
import { checkPtrOffReg } from "./region-access.ts";
import { isInRcuSection } from "./sections.ts";
import { tnumIsConst } from "./tnum.ts";

/** The pointer that lies in the value where the access goes. */
export function kptrAt(reg: Reg, off: number): BtfField | undefined {
  const record = regBtfRecord(reg);
  if (record === undefined || !tnumIsConst(reg.varOff)) return undefined;
  return record.find(off + reg.varOff.value.lo, BPF_KPTR | BPF_UPTR);
}

/** A load or store of one. @linux kernel/bpf/verifier.c `check_map_kptr_access` (6.18) */
export function checkMapKptrAccess(
  env: VerifierEnv,
  insnIdx: number,
  field: BtfField,
  valueRegno: number,
): 0 | number {
  const insn = env.insns[insnIdx]!;
  const problem = accessProblem(insn, field);
  if (problem !== "") {
    env.verbose(`${problem}\n`);
    return -EACCES;
  }
  const insnClass = bpfClass(insn.code);
  if (insnClass === BPF_LDX) {
    loadKptr(env, field, valueRegno);
    return 0;
  }
  if (insnClass !== BPF_STX) return 0;
  const stored = env.frame.reg(valueRegno);
  const isOk = isNullReg(stored) || checkKptrType(env, field, stored, valueRegno) === 0;
  return isOk ? 0 : -EACCES;
}

function accessProblem({ code, imm }: Insn, { type, offset }: BtfField): string {
  if (bpfMode(code) !== BPF_MEM) {
    return "kptr in map can only be accessed using BPF_MEM instruction mode";
  }
  const insnClass = bpfClass(code);
  if (insnClass === BPF_LDX) return "";
  if (type === BPF_KPTR_REF || type === BPF_KPTR_PERCPU) {
    return "store to referenced kptr disallowed";
  }
  if (type === BPF_UPTR) return "store to uptr disallowed";
  const isNumber = insnClass !== BPF_STX && imm !== 0;
  return isNumber ? `BPF_ST imm must be 0 when storing to kptr at off=${offset}` : "";
}

function loadKptr(env: VerifierEnv, field: BtfField, valueRegno: number): void {
  const target = field.kptr!;
  markRegKnownZero(env, valueRegno);
  const value = env.frame.own(valueRegno);
  value.id = env.newId();
  if (field.type === BPF_UPTR) {
    value.type = PTR_TO_MEM | PTR_MAYBE_NULL;
    value.memSize = target.btf.typeIdSize(target.typeId)!.size;
    return;
  }
  value.type = PTR_TO_BTF_ID | loadedFlags(env, field, target);
  setTarget(value, target);
}

function setTarget(value: RegState, { btf, typeId }: KptrTarget): void {
  value.btfType = btf.nameOf(btf.typeById(typeId)!);
  if (btf.isKernel) return;
  value.btf = btf;
  value.btfId = typeId;
}

/** Objects of these types live on until nobody under RCU looks at them. */
const RCU_PROTECTED: ReadonlySet<string> = new Set([
  "prog_test_ref_kfunc",
  "cgroup",
  "bpf_cpumask",
  "task_struct",
  "bpf_crypto_ctx",
]);

/** @linux kernel/bpf/verifier.c `btf_ld_kptr_type` (6.18) */
function loadedFlags(env: VerifierEnv, { type }: BtfField, { btf, typeId }: KptrTarget): number {
  const isProtected = !btf.isKernel || RCU_PROTECTED.has(btf.nameOf(btf.typeById(typeId)!));
  const isSafe = type === BPF_KPTR_PERCPU || (type === BPF_KPTR_REF && isProtected);
  if (!isSafe || !isInRcuSection(env)) return PTR_MAYBE_NULL | PTR_UNTRUSTED;
  let flags = PTR_MAYBE_NULL | MEM_RCU;
  if (type === BPF_KPTR_PERCPU) flags |= MEM_PERCPU;
  else if (!btf.isKernel) flags |= MEM_ALLOC;
  if (btf.structMeta(typeId)?.has(BPF_GRAPH_NODE) === true) flags |= NON_OWN_REF;
  return flags;
}

/** Whether what is put there is what the pointer may point to. @linux kernel/bpf/verifier.c `map_kptr_match_type` (6.18) */
export function checkKptrType(
  env: VerifierEnv,
  { type, kptr }: BtfField,
  reg: Reg,
  regno: number,
): 0 | number {
  const { btf, typeId } = kptr!;
  const target = btf.nameOf(btf.typeById(typeId)!);
  const isOwn = (reg.type & MEM_ALLOC) !== 0;
  let allowed = PTR_MAYBE_NULL | (isOwn ? MEM_ALLOC : PTR_TRUSTED | MEM_RCU);
  if (isOwn && type === BPF_KPTR_PERCPU) allowed |= MEM_PERCPU;
  if (!isOwn && type === BPF_KPTR_UNREF) allowed |= PTR_UNTRUSTED;
  const isBtf = baseType(reg.type) === PTR_TO_BTF_ID;
  const areFlagsOk = (reg.type & ~baseType(reg.type) & ~allowed) === 0;
  let name = "";
  if (isBtf && areFlagsOk) {
    name = reg.btfType;
    if (checkPtrOffReg(env, reg, regno, true) !== 0) return -EACCES;
    const isStrict = type !== BPF_KPTR_UNREF;
    const isSame = isOwn
      ? reg.btf === btf && reg.btfId === typeId && reg.off === 0
      : btf.isKernel &&
        structIdsMatch(name, reg.off, target, isStrict, (text) => env.verbose(text));
    if (isSame) return 0;
  }
  const wanted = regTypeStr(PTR_TO_BTF_ID);
  const untrusted = regTypeStr(PTR_TO_BTF_ID | PTR_UNTRUSTED);
  const other = type === BPF_KPTR_UNREF ? ` or ${untrusted}${target}` : "";
  env.verbose(
    `invalid kptr access, R${regno} type=${regTypeStr(reg.type)}${name} expected=${wanted}${target}${other}\n`,
  );
  return -EINVAL;
}

/** The pointer that bpf_kptr_xchg exchanges, or a negative errno. @linux kernel/bpf/verifier.c `process_kptr_func` (6.18) */
export function processKptrFunc(env: VerifierEnv, regno: number): BtfField | number {
  const reg = env.frame.reg(regno);
  const refuse = (message: string, errno: number): number => {
    env.verbose(`${message}\n`);
    return -errno;
  };
  const map = reg.type === PTR_TO_MAP_VALUE ? reg.map : null;
  if (map?.hasBtf === false) {
    return refuse(`map '${map.name}' has to have BTF in order to use bpf_kptr_xchg`, EINVAL);
  }
  if (!tnumIsConst(reg.varOff)) {
    const where = "kptr has to be at the constant offset";
    return refuse(`R${regno} doesn't have constant offset. ${where}`, EINVAL);
  }
  const record = regBtfRecord(reg);
  if (record?.has(BPF_KPTR) !== true) return refuse(`R${regno} has no valid kptr`, EINVAL);
  const off = reg.off + reg.varOff.value.lo;
  const field = record.find(off, BPF_KPTR);
  if (field === undefined) return refuse(`off=${off} doesn't point to kptr`, EACCES);
  if (field.type === BPF_KPTR_UNREF) {
    return refuse(`off=${off} kptr isn't referenced kptr`, EACCES);
  }
  return field;
}

/** What bpf_kptr_xchg answers: the object that was there. */
export function setExchanged(result: RegState, { type, kptr }: BtfField): void {
  const target = kptr!;
  if (!target.btf.isKernel) {
    result.type |= MEM_ALLOC;
    if (type === BPF_KPTR_PERCPU) result.type |= MEM_PERCPU;
  }
  setTarget(result, target);
}
