/** Keys of the kernel, as programs hold them. */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_key`: of a keyring of the kernel's own it has the number in the place of an address. */
const BPF_KEY_BYTES = 16;
/** `VERIFY_USE_PLATFORM_KEYRING` */
const LAST_KEYRING = 2;

/** @linux kernel/bpf/helpers.c `bpf_lookup_system_key` (6.18) */
export function lookupSystemKey({ r, memory }: Vm): number {
  if (r[3] !== 0 || r[2]! >>> 0 > LAST_KEYRING) return 0;
  const key = memory.alloc(BPF_KEY_BYTES);
  if (key !== 0) memory.view.setInt32(key, r[2]!, true);
  return key;
}

/** @linux kernel/bpf/helpers.c `bpf_key_put` (6.18) */
export function keyPut({ r, memory }: Vm): number {
  memory.free(r[2]!, BPF_KEY_BYTES);
  return 0;
}
