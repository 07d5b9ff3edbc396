import type { Insn } from "../../api.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { InsnAux } from "../verifier/env.ts";
import { kfuncById } from "../verifier/kfunc-call.ts";
import { BPF_WRITE, mayAccessPacket } from "../verifier/region-access.ts";
import * as i from "./insns.ts";
import { kernelFunction } from "./kernel-functions.ts";

/**
 * Arguments that only the kernel knows are put in front of the call.
 *
 * @linux kernel/bpf/verifier.c `fixup_kfunc_call`, `specialize_kfunc` (6.18)
 */
export function kfuncCall(
  insn: Insn,
  { objNew, insertOff }: InsnAux,
  progType: number,
): readonly Insn[] {
  if (insn.off !== 0) return [insn];
  const name = kfuncById(insn.imm)?.name ?? "";
  if (name === "bpf_dynptr_from_skb" && !mayAccessPacket({ progType }, BPF_WRITE, undefined)) {
    return [{ ...insn, imm: kernelFunction("bpf_dynptr_from_skb_rdonly") }];
  }
  const program = programArg(insn.imm);
  const fixed = fixedCall(name, insn, objNew, insertOff);
  return program === 0 ? fixed : [...i.kernelAddress(program), insn];
}

function fixedCall(
  name: string,
  insn: Insn,
  objNew: InsnAux["objNew"],
  insertOff: number,
): readonly Insn[] {
  switch (name) {
    case "bpf_obj_new_impl":
    case "bpf_percpu_obj_new_impl": {
      const size = objNew === null ? 0 : (objNew.btf.typeIdSize(objNew.typeId)?.size ?? 0);
      return [i.aluImm(i.MOV, 1, size), ...i.kernelAddress(2), insn];
    }
    case "bpf_obj_drop_impl":
    case "bpf_percpu_obj_drop_impl":
    case "bpf_refcount_acquire_impl":
      return [...i.kernelAddress(2), insn];
    case "bpf_list_push_back_impl":
    case "bpf_list_push_front_impl":
      return [...i.kernelAddress(3), i.aluImm(i.MOV, 4, insertOff), insn];
    case "bpf_rbtree_add_impl":
      return [...i.kernelAddress(4), i.aluImm(i.MOV, 5, insertOff), insn];
    case "bpf_cast_to_kern_ctx":
    case "bpf_rdonly_cast":
      return [i.aluReg(i.MOV, 0, 1)];
    default:
      return [insn];
  }
}

/** The register of the argument that stands for the program itself; 0: there is none. */
function programArg(kfunc: number): number {
  const params = kfuncById(kfunc)?.proto.params ?? [];
  return params.findIndex(({ nameOff }) => btfVmlinux().nameOf({ nameOff }).endsWith("__prog")) + 1;
}
