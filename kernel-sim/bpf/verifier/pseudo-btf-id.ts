/** Wide loads of addresses of the kernel's functions and variables, which BTF names. */
import type { Insn } from "../../api.ts";
import { E2BIG, EINVAL, ENOENT } from "../../include/errno.ts";
import { addressOf, addressOfOther, isKernelFunction } from "../../trace/kernel-functions.ts";
import type { Btf } from "../btf/btf.ts";
import { BTF_KIND_FUNC, BTF_KIND_VAR } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { VerifierEnv } from "./env.ts";
import type { RegState } from "./reg-state.ts";
import { MEM_RDONLY, PTR_TO_MEM } from "./reg-type.ts";

const MAX_USED_BTFS = 64;

/**
 * Puts the address where the number of the type stands.
 *
 * @linux kernel/bpf/verifier.c `check_pseudo_btf_id`, `__check_pseudo_btf_id` (6.18)
 * @simplified the kernel is built without CONFIG_KALLSYMS_ALL, so no variable has an address; and at that of a function which
 * only programs call there is nothing
 */
export function checkPseudoBtfId(env: VerifierEnv, idx: number): 0 | number {
  const insn = env.insns[idx]!;
  const second = env.insns[idx + 1]!;
  const btf = second.imm === 0 ? btfVmlinux() : (env.input.btfOfFd?.(second.imm) ?? -EINVAL);
  if (typeof btf === "number") {
    env.verbose("invalid module BTF object FD specified.\n");
    return -EINVAL;
  }
  const type = btf.typeById(insn.imm);
  if (type === undefined) {
    env.verbose(`ldimm64 insn specifies invalid btf_id ${insn.imm}.\n`);
    return -ENOENT;
  }
  if (type.kind !== BTF_KIND_VAR && type.kind !== BTF_KIND_FUNC) {
    env.verbose(`pseudo btf_id ${insn.imm} in ldimm64 isn't KIND_VAR or KIND_FUNC\n`);
    return -EINVAL;
  }
  const symbol = btf.nameOf(type);
  if (type.kind !== BTF_KIND_FUNC) {
    env.verbose(`ldimm64 failed to find the address for kernel symbol '${symbol}'.\n`);
    return -ENOENT;
  }
  env.aux[idx]!.isKernelAddress = true;
  putAddress(env, idx, insn, second, addressOfType(symbol, insn.imm));
  return addUsedBtf(env, btf);
}

/** All functions that BTF names are there. */
function addressOfType(symbol: string, id: number): number {
  return isKernelFunction(symbol) ? addressOf(symbol) : addressOfOther(id);
}

function putAddress(env: VerifierEnv, idx: number, insn: Insn, second: Insn, address: number) {
  env.insns[idx] = { ...insn, imm: address | 0 };
  env.insns[idx + 1] = { ...second, imm: Math.floor(address / 2 ** 32) | 0 };
}

/** @linux kernel/bpf/verifier.c `__add_used_btf` (6.18) */
export function addUsedBtf(env: VerifierEnv, btf: Btf): 0 | number {
  if (env.usedBtfs.has(btf)) return 0;
  if (env.usedBtfs.size >= MAX_USED_BTFS) {
    env.verbose(`The total number of btfs per program has reached the limit of ${MAX_USED_BTFS}\n`);
    return -E2BIG;
  }
  env.usedBtfs.add(btf);
  return 0;
}

/** The register that such a load leaves: nothing of a function can be read. @linux kernel/bpf/verifier.c `check_ld_imm` (6.18) */
export function loadFunctionAddress(dst: RegState): 0 {
  dst.type = PTR_TO_MEM | MEM_RDONLY;
  dst.memSize = 0;
  return 0;
}
