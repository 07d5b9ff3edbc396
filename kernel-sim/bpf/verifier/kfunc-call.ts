/** What is known of the function that an instruction calls in the kernel. */
import type { Insn } from "../../api.ts";
import type { Btf } from "../btf/btf.ts";
import { BTF_KIND_FUNC, BTF_KIND_FUNC_PROTO, type BtfFuncProto } from "../btf/kinds.ts";
import type { GraphRoot } from "../btf/record.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { isKfuncCall } from "../isa.ts";
import * as kf from "../kfuncs/kfunc-flags.ts";
import { kfuncFlags } from "../kfuncs/kfunc-sets.ts";
import type { VerifierEnv } from "./env.ts";
import { type Int64, ZERO } from "./int64.ts";
import type { VerifierMap } from "./verifier-input.ts";

/** A function of the kernel. */
export interface Kfunc {
  readonly id: number;
  readonly name: string;
  readonly proto: BtfFuncProto;
}

/** undefined: the number names no function. */
export function kfuncById(id: number): Kfunc | undefined {
  const func = btfVmlinux().typeById(id);
  if (func?.kind !== BTF_KIND_FUNC) return undefined;
  const proto = btfVmlinux().typeById(func.type);
  if (proto?.kind !== BTF_KIND_FUNC_PROTO) return undefined;
  return { id, name: btfVmlinux().nameOf(func), proto };
}

/** What one call says, beyond its arguments. @linux kernel/bpf/verifier.c `struct bpf_kfunc_call_arg_meta` (6.18) */
export class KfuncMeta {
  readonly kfunc: Kfunc;
  readonly flags: number;
  refObjId = 0;
  releaseRegno = 0;
  /** The structure that the result points to, when the arguments say it. */
  retStruct = "";
  r0Size = 0;
  isR0ReadOnly = false;
  subprogno = -1;
  argConstant: Int64 = ZERO;
  isArgConstantFound = false;
  isArgProgFound = false;
  dynptr = { id: 0, type: 0, refObjId: 0 };
  iter = { spi: 0, frameno: 0 };
  map: VerifierMap | null = null;
  /** What the list or tree among the arguments holds. */
  graphRoot: GraphRoot | undefined = undefined;
  argBtf: Btf | null = null;
  argBtfId = 0;
  isArgOwningRef = false;
  mapUid = 0;

  constructor(kfunc: Kfunc, flags: number) {
    this.kfunc = kfunc;
    this.flags = flags;
  }

  get name(): string {
    return this.kfunc.name;
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** What is given back must be what it claims to be. @linux kernel/bpf/verifier.c `is_kfunc_trusted_args` (6.18) */
  get wantsTrustedArgs(): boolean {
    return this.has(kf.KF_TRUSTED_ARGS) || this.has(kf.KF_RELEASE);
  }

  get isIter(): boolean {
    return this.has(kf.KF_ITER_NEW | kf.KF_ITER_NEXT | kf.KF_ITER_DESTROY);
  }
}

/**
 * The call of a function that the program may call.
 *
 * @linux kernel/bpf/verifier.c `fetch_kfunc_meta` (6.18)
 */
export function kfuncMetaOf(env: VerifierEnv, { imm }: Insn): KfuncMeta | undefined {
  const kfunc = kfuncById(imm);
  if (kfunc === undefined) return undefined;
  const flags = kfuncFlags(kfunc.name, env.progType, env.expectedAttachType);
  return flags === undefined ? undefined : new KfuncMeta(kfunc, flags);
}

const LIST_KFUNCS: ReadonlySet<string> = new Set([
  "bpf_list_push_front_impl",
  "bpf_list_push_back_impl",
  "bpf_list_pop_front",
  "bpf_list_pop_back",
  "bpf_list_front",
  "bpf_list_back",
]);
const RBTREE_KFUNCS: ReadonlySet<string> = new Set([
  "bpf_rbtree_add_impl",
  "bpf_rbtree_remove",
  "bpf_rbtree_first",
  "bpf_rbtree_root",
  "bpf_rbtree_left",
  "bpf_rbtree_right",
]);
const OTHER_SPIN_KFUNCS: ReadonlySet<string> = new Set([
  "bpf_refcount_acquire_impl",
  "bpf_iter_num_new",
  "bpf_iter_num_next",
  "bpf_iter_num_destroy",
  "bpf_res_spin_lock",
  "bpf_res_spin_unlock",
  "bpf_res_spin_lock_irqsave",
  "bpf_res_spin_unlock_irqrestore",
]);

/** Whether it may be called while a lock is held. @linux kernel/bpf/verifier.c `kfunc_spin_allowed` (6.18) */
export function kfuncSpinAllowed({ imm, off }: Insn): boolean {
  const name = off === 0 ? kfuncById(imm)?.name : undefined;
  if (name === undefined) return false;
  return LIST_KFUNCS.has(name) || RBTREE_KFUNCS.has(name) || OTHER_SPIN_KFUNCS.has(name);
}

/** Whether the program ends there, with all of its functions. @linux kernel/bpf/verifier.c `is_bpf_throw_kfunc` (6.18) */
export function isThrow(insn: Insn): boolean {
  return isKfuncCall(insn) && insn.off === 0 && kfuncById(insn.imm)?.name === "bpf_throw";
}

/** The number by which programs call a function; undefined: there is none of that name. */
export function kfuncIdByName(name: string): number | undefined {
  return btfVmlinux().findByNameKind(name, BTF_KIND_FUNC)?.id;
}

/** Whether it works on a tree. @linux kernel/bpf/verifier.c `is_rbtree_lock_required_kfunc` (6.18) */
export function isRbtreeKfunc(insn: Insn): boolean {
  const name = isKfuncCall(insn) ? kfuncById(insn.imm)?.name : undefined;
  return name !== undefined && RBTREE_KFUNCS.has(name);
}

/** It calls a function of the program before it returns. @linux kernel/bpf/verifier.c `is_sync_callback_calling_kfunc` (6.18) */
export function isSyncCallbackCallingKfunc(insn: Insn): boolean {
  return isKfuncCall(insn) && kfuncById(insn.imm)?.name === "bpf_rbtree_add_impl";
}

const ASYNC_CALLBACK: ReadonlySet<string> = new Set([
  "bpf_wq_set_callback_impl",
  "bpf_task_work_schedule_signal_impl",
  "bpf_task_work_schedule_resume_impl",
]);

/** It has a function of the program called later. @linux kernel/bpf/verifier.c `is_async_callback_calling_kfunc` (6.18) */
export function isAsyncCallbackCallingKfunc(insn: Insn): boolean {
  const name = isKfuncCall(insn) ? kfuncById(insn.imm)?.name : undefined;
  return name !== undefined && ASYNC_CALLBACK.has(name);
}
