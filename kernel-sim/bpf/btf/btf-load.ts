import { EINVAL, ENOMEM, ENOSPC } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import { VerifierLog } from "../verifier/log.ts";
import { isLogAttrOk, type LogAttr } from "../verifier-log-buffer.ts";
import { kernelKptrs } from "./kernel-kptrs.ts";
import { btfParse } from "./parse.ts";

/** The attribute block of BPF_BTF_LOAD. */
export interface BtfLoadAttr extends LogAttr {
  readonly btf: Uint8Array;
}

export interface BtfLoadOutcome {
  /** A descriptor, or a negative errno. */
  readonly fd: number;
  readonly log: string;
}

/**
 * Makes a BTF object of bytes.
 *
 * @linux kernel/bpf/syscall.c `bpf_btf_load`, kernel/bpf/btf.c `btf_new_fd` (6.18)
 */
export function btfLoad(kernel: BpfKernel, attr: BtfLoadAttr): BtfLoadOutcome {
  if (!isLogAttrOk(attr)) return { fd: -EINVAL, log: "" };
  const bytes = attr.btf.length;
  const address = kernel.memory.alloc(bytes);
  if (address === 0) return { fd: -ENOMEM, log: "" };
  const outcome = loadInto(kernel, attr, address);
  if (outcome.fd < 0) kernel.memory.freeNow(address, bytes);
  return outcome;
}

/** @param address what it takes of the machine's memory */
function loadInto(kernel: BpfKernel, attr: BtfLoadAttr, address: number): BtfLoadOutcome {
  const log = new VerifierLog(attr.logLevel, attr.hasLogBuffer ? attr.logSize : 0);
  const btf = btfParse(attr.btf.slice(), log, kernelKptrs);
  const { text, isTruncated } = log.fit();
  if (isTruncated) return { fd: -ENOSPC, log: text };
  if (typeof btf === "number") return { fd: btf, log: text };
  btf.address = address;
  kernel.registerBtf(btf);
  return { fd: kernel.install(btf), log: text };
}
