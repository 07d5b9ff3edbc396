import { EINVAL } from "../../include/errno.ts";
import type { SockFilter } from "./sock-filter.ts";
import * as cbpf from "./sock-filter.ts";

/** `struct seccomp_data`: number of the call, architecture, instruction pointer, six arguments. */
export const SECCOMP_DATA_BYTES = 64;

const FORBIDDEN: ReadonlySet<number> = new Set([
  cbpf.BPF_LD | cbpf.BPF_H | cbpf.BPF_ABS,
  cbpf.BPF_LD | cbpf.BPF_B | cbpf.BPF_ABS,
  cbpf.BPF_LD | cbpf.BPF_W | cbpf.BPF_IND,
  cbpf.BPF_LD | cbpf.BPF_H | cbpf.BPF_IND,
  cbpf.BPF_LD | cbpf.BPF_B | cbpf.BPF_IND,
  cbpf.BPF_LDX | cbpf.BPF_B | cbpf.BPF_MSH,
  cbpf.BPF_ALU | cbpf.BPF_MOD | cbpf.BPF_K,
  cbpf.BPF_ALU | cbpf.BPF_MOD | cbpf.BPF_X,
]);

/**
 * A checked classic program made into one that judges system calls: loads read aligned words of
 * `struct seccomp_data`, whose length is a constant. A negative errno when it asks for more.
 *
 * @linux kernel/seccomp.c `seccomp_check_filter` (6.18)
 */
export function seccompCheckFilter(filter: readonly SockFilter[]): SockFilter[] | number {
  const changed: SockFilter[] = [];
  for (const insn of filter) {
    if (FORBIDDEN.has(insn.code)) return -EINVAL;
    switch (insn.code) {
      case cbpf.BPF_LD | cbpf.BPF_W | cbpf.BPF_ABS:
        if (insn.k >= SECCOMP_DATA_BYTES || insn.k % 4 !== 0) return -EINVAL;
        changed.push({ ...insn, code: cbpf.BPF_LDX | cbpf.BPF_W | cbpf.BPF_ABS });
        break;
      case cbpf.BPF_LD | cbpf.BPF_LEN:
        changed.push({ ...insn, code: cbpf.BPF_LD | cbpf.BPF_IMM, k: SECCOMP_DATA_BYTES });
        break;
      case cbpf.BPF_LDX | cbpf.BPF_LEN:
        changed.push({ ...insn, code: cbpf.BPF_LDX | cbpf.BPF_IMM, k: SECCOMP_DATA_BYTES });
        break;
      default:
        changed.push(insn);
    }
  }
  return changed;
}
