/** Links of programs at tracepoints and probes, which are events of perf. */
import { E2BIG, EACCES, EEXIST, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { Hook } from "../../trace/hooks.ts";
import { addressOf } from "../../trace/kernel-functions.ts";
import { fixedBytes } from "../../trace/trace-entry.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LoadedProgram } from "../program.ts";
import type { UserMemory } from "../sys/caller.ts";
import { BPF_PERF_EVENT, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT } from "../uapi.ts";
import { BPF_LINK_TYPE_PERF_EVENT, fillName, KernelLink, type LinkOps, linkNewFd } from "./link.ts";

/** Where an event of perf comes from. */
export type PerfHook = Extract<Hook, { kind: "tracepoint" | "kprobe" }>;

/** `enum bpf_perf_event_type` @linux include/uapi/linux/bpf.h (6.18) */
const BPF_PERF_EVENT_KPROBE = 3;
const BPF_PERF_EVENT_KRETPROBE = 4;
const BPF_PERF_EVENT_TRACEPOINT = 5;

/** `struct bpf_link_info`: offsets in bytes. */
const TYPE = 16;
const NAME = { at: 24, lengthAt: 32 };
const TRACEPOINT_COOKIE = 40;
const KPROBE_ADDR = 40;
const KPROBE_COOKIE = 56;

/** As many programs share a tracepoint. @linux kernel/trace/bpf_trace.c `BPF_TRACE_MAX_PROGS` (6.18) */
const PROGS_MAX = 64;

/** An event of perf with a program on it. */
export class PerfEventLink extends KernelLink {
  readonly hook: PerfHook;
  readonly cookie: bigint;

  constructor(prog: LoadedProgram, hook: PerfHook, cookie: bigint) {
    super(BPF_LINK_TYPE_PERF_EVENT, perfLinkOps, prog, BPF_PERF_EVENT);
    this.hook = hook;
    this.cookie = cookie;
  }
}

const perfLinkOps: LinkOps = {
  fdinfo: (link) => fdinfo(link as PerfEventLink),
  fillInfo: (link, info, memory) => fillInfo(link as PerfEventLink, info, memory),
};

/** @linux kernel/bpf/syscall.c `bpf_perf_link_show_fdinfo` (6.18) */
function fdinfo({ hook, cookie }: PerfEventLink): string {
  if (hook.kind === "tracepoint") {
    return `tp_name:\t${tracepointName(hook.event)}\nevent_type:\ttracepoint\ncookie:\t${cookie}\n`;
  }
  const type = hook.isReturn ? "kretprobe" : "kprobe";
  const addr = BigInt.asUintN(64, BigInt(addressOf(hook.func))).toString(16);
  return `name:\t${hook.func}\noffset:\t0x0\nmissed:\t0\naddr:\t0x${addr}\nevent_type:\t${type}\ncookie:\t${cookie}\n`;
}

/** @linux kernel/bpf/syscall.c `bpf_perf_link_fill_link_info` (6.18) */
function fillInfo({ hook, cookie }: PerfEventLink, info: DataView, memory: UserMemory): 0 | number {
  if (hook.kind === "tracepoint") {
    const err = fillName(info, memory, NAME, tracepointName(hook.event));
    info.setUint32(TYPE, BPF_PERF_EVENT_TRACEPOINT, true);
    info.setBigUint64(TRACEPOINT_COOKIE, cookie, true);
    return err;
  }
  const err = fillName(info, memory, NAME, hook.func);
  info.setUint32(TYPE, hook.isReturn ? BPF_PERF_EVENT_KRETPROBE : BPF_PERF_EVENT_KPROBE, true);
  info.setBigInt64(KPROBE_ADDR, BigInt(addressOf(hook.func)), true);
  info.setBigUint64(KPROBE_COOKIE, cookie, true);
  return err;
}

function tracepointName(event: string): string {
  return event.slice(event.indexOf(":") + 1);
}

/**
 * Hangs a program on an event of perf; answers a descriptor.
 *
 * @linux kernel/bpf/syscall.c `bpf_perf_link_attach`, kernel/events/core.c `__perf_event_set_bpf_prog` (6.18)
 */
export function perfLinkAttach(
  kernel: BpfKernel,
  prog: LoadedProgram,
  hook: PerfHook,
  cookie: bigint,
): number {
  const link = new PerfEventLink(prog, hook, cookie);
  return linkNewFd(kernel, link, () => {
    const isProbe = hook.kind === "kprobe";
    if (prog.type !== (isProbe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACEPOINT)) return -EINVAL;
    if (isProbe && prog.isSleepable) return -EINVAL;
    if (hook.kind === "tracepoint") {
      if (prog.maxCtxOffset > fixedBytes(hook.format)) return -EACCES;
      const there = kernel.attached.at(hook.event);
      // A probe is an event of its own, and a tracepoint is one event for all.
      const programs = there.filter((each) => each.hook.kind === "tracepoint");
      if (programs.length >= PROGS_MAX) return -E2BIG;
      if (programs.some((each) => each.prog === prog)) return -EEXIST;
    }
    if (!prog.isRunnable) return -EOPNOTSUPP;
    link.attachments = [kernel.attached.attach(prog, hook, cookie)];
    return 0;
  });
}
