import { EINVAL } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import { isLogAttrOk, type LogAttr } from "../verifier-log-buffer.ts";
import { btfParse } from "./parse.ts";

/** The attribute block of BPF_BTF_LOAD. */
export interface BtfLoadAttr extends LogAttr {
  readonly btf: Uint8Array;
}

/**
 * Makes a BTF object of bytes. Answers a descriptor, or a negative errno.
 *
 * @linux kernel/bpf/syscall.c `bpf_btf_load`, kernel/bpf/btf.c `btf_new_fd` (6.18)
 */
export function btfLoad(kernel: BpfKernel, attr: BtfLoadAttr): number {
  if (!isLogAttrOk(attr)) return -EINVAL;
  const btf = btfParse(attr.btf);
  if (typeof btf === "number") return btf;
  kernel.registerBtf(btf);
  return kernel.install(btf);
}
