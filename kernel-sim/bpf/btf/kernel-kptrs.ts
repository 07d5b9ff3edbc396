import type { KernelTypes } from "./record.ts";
import { btfVmlinux } from "./vmlinux.ts";

/** Objects that a value may hold, as the kernel can give them back. @linux kernel/bpf/helpers.c, cpumask.c, crypto.c, net/bpf/test_run.c `register_btf_id_dtor_kfuncs` (6.18) */
const WITH_DTOR: ReadonlySet<string> = new Set([
  "task_struct",
  "cgroup",
  "bpf_cpumask",
  "bpf_crypto_ctx",
  "prog_test_ref_kfunc",
  "prog_test_member",
]);

/** What pointers in values of maps may lead to. */
export const kernelKptrs: KernelTypes = Object.freeze({
  get btf() {
    return btfVmlinux();
  },
  hasDtor: (struct: string) => WITH_DTOR.has(struct),
});
