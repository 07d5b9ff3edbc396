import { EINVAL, ENOENT, EOPNOTSUPP } from "../../include/errno.ts";
import { rawTracepointOf, untoldFrom } from "../../trace/raw-tracepoints.ts";
import { BTF_KIND_TYPEDEF } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LoadedProgram } from "../program.ts";
import {
  BPF_LINK_TYPE_RAW_TRACEPOINT,
  fillName,
  KernelLink,
  type LinkOps,
  linkNewFd,
} from "./link.ts";

/** A link to a raw tracepoint. @linux kernel/bpf/syscall.c `struct bpf_raw_tp_link` (6.18) */
export class RawTracepointLink extends KernelLink {
  /** Of the tracepoint, without its group. */
  readonly name: string;

  constructor(prog: LoadedProgram, name: string, cookie: bigint) {
    const ops: LinkOps = {
      fdinfo: () => `tp_name:\t${name}\ncookie:\t${cookie}\n`,
      fillInfo(_link, info, memory) {
        info.setBigUint64(32, cookie, true);
        return fillName(info, memory, { at: 16, lengthAt: 24 }, name);
      },
    };
    super(BPF_LINK_TYPE_RAW_TRACEPOINT, ops, prog, prog.expectedAttachType);
    this.name = name;
  }
}

/** Whether the kernel's types know of it. */
function isTracepoint(name: string): boolean {
  return btfVmlinux().findByNameKind(`btf_trace_${name}`, BTF_KIND_TYPEDEF) !== undefined;
}

/**
 * Hangs a program on a tracepoint, by the tracepoint's name without its group; answers a descriptor.
 *
 * @linux kernel/bpf/syscall.c `bpf_raw_tp_link_attach` (6.18)
 * @simplified a cookie has 64 bits in what is told of the link, and 53 for its program. A tracepoint that this kernel
 * does not come to gets EOPNOTSUPP, and so does a program that looks at what no event tells.
 */
export function rawTpLinkAttach(
  kernel: BpfKernel,
  prog: LoadedProgram,
  name: string,
  cookie: bigint,
): number {
  const raw = rawTracepointOf(name);
  if (raw === undefined) return isTracepoint(name) ? -EOPNOTSUPP : -ENOENT;
  const link = new RawTracepointLink(prog, name, cookie);
  return linkNewFd(kernel, link, () => {
    if (prog.maxCtxOffset > raw.args.length * 8) return -EINVAL;
    // None of them has anything that a program could write.
    if (prog.bufferAccess.tracepoint > 0) return -EINVAL;
    const isTold = prog.maxCtxOffset <= (untoldFrom(raw) ?? prog.maxCtxOffset);
    if (!isTold || !prog.isRunnable) return -EOPNOTSUPP;
    const hook = { kind: "raw_tracepoint", event: raw.event } as const;
    link.attachments = [kernel.attached.attach(prog, hook, cookie)];
    return 0;
  });
}
