/** Loads through pointers to objects of the kernel. */
import { EACCES, EINVAL, EPERM } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import { BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { type Found, structAccess } from "../btf/struct-walk.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { VerifierEnv } from "./env.ts";
import { isZero } from "./int64.ts";
import { markRegKnownZero, markRegUnknown } from "./reg-arg.ts";
import type { Reg } from "./reg-state.ts";
import {
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_USER,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MEM,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  typeMayBeNull,
} from "./reg-type.ts";
import { BPF_READ } from "./region-access.ts";
import { isInRcuSection } from "./sections.ts";
import { tnumIsConst, tnumText } from "./tnum.ts";

/**
 * Whether the object may be read there, and what then is in the register.
 *
 * @param valueRegno -1 when no register is loaded
 * @linux kernel/bpf/verifier.c `check_ptr_to_btf_access` (6.18)
 */
export function checkPtrToBtfAccess(
  env: VerifierEnv,
  reg: Reg,
  regno: number,
  off: number,
  size: number,
  access: number,
  valueRegno: number,
): 0 | number {
  const name = reg.btfType;
  const where = `R${regno} is ptr_${name}`;
  if (!env.allowPtrLeaks) {
    env.verbose(`'struct ${name}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n`);
    return -EPERM;
  }
  if (!env.isGplCompatible) {
    env.verbose(`Cannot access kernel 'struct ${name}' from non-GPL compatible program\n`);
    return -EINVAL;
  }
  if (off < 0) return refuse(env, `${where} invalid negative access: off=${off}\n`);
  if (!tnumIsConst(reg.varOff) || !isZero(reg.varOff.value)) {
    const varOff = tnumText(reg.varOff);
    return refuse(env, `${where} invalid variable offset: off=${off}, var_off=${varOff}\n`);
  }
  if ((reg.type & MEM_USER) !== 0) return refuse(env, `${where} access user memory: off=${off}\n`);
  if ((reg.type & MEM_PERCPU) !== 0) {
    return refuse(env, `${where} access percpu memory: off=${off}\n`);
  }
  if (access !== BPF_READ && env.ops?.writeObject !== undefined) {
    return env.ops.writeObject(env, name, off, size);
  }
  if (access !== BPF_READ) return refuse(env, "only read is supported\n");
  // A program may find objects of its own types where the kernel no longer vouches for them.
  const btf = reg.btf ?? btfVmlinux();
  const struct =
    reg.btf === null ? btf.findByNameKind(name, BTF_KIND_STRUCT) : btf.typeById(reg.btfId);
  // Nothing is known of it but its name.
  if (struct?.kind !== BTF_KIND_STRUCT) {
    return refuse(env, `access beyond struct ${name} at off ${off} size ${size}\n`);
  }
  const found = structAccess(btf, struct, off, size);
  if (found.kind === "refused") {
    env.verbose(found.why);
    return found.because === "access" ? -EACCES : -EINVAL;
  }
  if (valueRegno >= 0) {
    const flags = found.kind === "ptr" ? trustOf(env, reg, found) : pointerFlags(found);
    markBtfLdReg(env, valueRegno, found, flags, reg.btf);
  }
  return 0;
}

function refuse(env: VerifierEnv, why: string): number {
  env.verbose(why);
  return -EACCES;
}

/** What was found, unless it was refused. */
type Loaded = Exclude<Found, { kind: "refused" }>;

/** What is said of a pointer by what declares it alone. @linux kernel/bpf/btf.c `btf_struct_access` (6.18) */
export function pointerFlags(found: Loaded): number {
  if (found.kind !== "ptr") return MEM_RDONLY | PTR_UNTRUSTED;
  return (TAGS[found.tag] ?? 0) | (found.isUntrusted ? PTR_UNTRUSTED : 0);
}

/**
 * @param btf whose types these are; null: the kernel's
 * @linux kernel/bpf/verifier.c `mark_btf_ld_reg` (6.18)
 */
export function markBtfLdReg(
  env: VerifierEnv,
  regno: number,
  found: Loaded,
  flags: number,
  btf: Btf | null = null,
): void {
  if (found.kind === "scalar") {
    markRegUnknown(env, regno);
    return;
  }
  markRegKnownZero(env, regno);
  const value = env.frame.own(regno);
  if (found.kind === "untrusted-ptr") {
    value.type = PTR_TO_MEM | flags;
    value.memSize = 0;
    return;
  }
  value.type = PTR_TO_BTF_ID | flags;
  value.btfType = (btf ?? btfVmlinux()).nameOf(found.to);
  if (btf !== null) {
    value.btf = btf;
    value.btfId = found.to.id;
  }
  if (typeMayBeNull(flags)) value.id = env.newId();
}

const TAGS: Readonly<Record<string, number>> = {
  user: MEM_USER,
  percpu: MEM_PERCPU,
  rcu: MEM_RCU,
};

/** How far what a pointer leads to may be relied on. */
function trustOf(env: VerifierEnv, reg: Reg, found: Extract<Found, { kind: "ptr" }>): number {
  if ((reg.type & PTR_UNTRUSTED) !== 0) return PTR_UNTRUSTED;
  const flags = pointerFlags(found);
  // Without any promise about the object itself, there is none about what it leads to.
  if ((reg.type & (PTR_TRUSTED | MEM_RCU)) === 0 && reg.refObjId === 0) return withoutTrust(flags);
  const field = `${reg.btfType}.${found.field}`;
  if (TRUSTED.has(field)) return flags | PTR_TRUSTED;
  if (TRUSTED_OR_NULL.has(field)) return flags | PTR_TRUSTED | PTR_MAYBE_NULL;
  if (!isInRcuSection(env) || typeMayBeNull(reg.type)) return PTR_UNTRUSTED;
  if (RCU.has(field)) return flags | MEM_RCU;
  const isRcuOrNull = RCU_OR_NULL.has(field);
  if ((flags & MEM_RCU) !== 0 || isRcuOrNull) {
    const trusted = isRcuOrNull ? flags & ~PTR_UNTRUSTED : flags;
    return trusted | MEM_RCU | PTR_MAYBE_NULL;
  }
  return (flags & (MEM_PERCPU | MEM_USER)) !== 0 ? flags : withoutTrust(flags);
}

/** @linux kernel/bpf/verifier.c `clear_trusted_flags` (6.18) */
function withoutTrust(flags: number): number {
  return flags & ~(PTR_TRUSTED | MEM_RCU);
}

/** @linux kernel/bpf/verifier.c `BTF_TYPE_SAFE_TRUSTED` (6.18) */
const TRUSTED: ReadonlySet<string> = new Set([
  "bpf_iter_meta.seq",
  "bpf_iter__task.meta",
  "bpf_iter__task.task",
  "linux_binprm.file",
  "file.f_inode",
]);
/** @linux kernel/bpf/verifier.c `BTF_TYPE_SAFE_TRUSTED_OR_NULL` (6.18) */
const TRUSTED_OR_NULL: ReadonlySet<string> = new Set([
  "socket.sk",
  "dentry.d_inode",
  "vm_area_struct.vm_mm",
  "vm_area_struct.vm_file",
]);
/** @linux kernel/bpf/verifier.c `BTF_TYPE_SAFE_RCU` (6.18) */
const RCU: ReadonlySet<string> = new Set([
  "task_struct.cpus_ptr",
  "task_struct.cgroups",
  "task_struct.real_parent",
  "task_struct.group_leader",
  "cgroup.kn",
  "css_set.dfl_cgrp",
  "cgroup_subsys_state.cgroup",
]);
/** @linux kernel/bpf/verifier.c `BTF_TYPE_SAFE_RCU_OR_NULL` (6.18) */
const RCU_OR_NULL: ReadonlySet<string> = new Set([
  "mm_struct.exe_file",
  "sk_buff.sk",
  "request_sock.sk",
]);
