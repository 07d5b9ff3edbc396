/** Links of programs at tracepoints and probes, which are events of perf. */

import { E2BIG, EACCES, EEXIST, EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { Attachment } from "../../trace/attached.ts";
import { tracepointName } from "../../trace/hooks.ts";
import { addressOf } from "../../trace/kernel-functions.ts";
import { fixedBytes } from "../../trace/trace-entry.ts";
import type { BpfKernel } from "../kernel.ts";
import type { PerfHook, PerfTarget } from "../perf-target.ts";
import type { LoadedProgram } from "../program.ts";
import type { UserMemory } from "../sys/caller.ts";
import {
  BPF_PERF_EVENT,
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_TRACEPOINT,
} from "../uapi.ts";
import { BPF_LINK_TYPE_PERF_EVENT, fillName, KernelLink, type LinkOps, linkNewFd } from "./link.ts";

/** `enum bpf_perf_event_type` @linux include/uapi/linux/bpf.h (6.18) */
const BPF_PERF_EVENT_KPROBE = 3;
const BPF_PERF_EVENT_KRETPROBE = 4;
const BPF_PERF_EVENT_TRACEPOINT = 5;
const BPF_PERF_EVENT_EVENT = 6;

/** `struct bpf_link_info`: offsets in bytes. */
const TYPE = 16;
const NAME = { at: 24, lengthAt: 32 };
const TRACEPOINT_COOKIE = 40;
const EVENT_CONFIG = 24;
const EVENT_TYPE = 32;
const EVENT_COOKIE = 40;
const KPROBE_ADDR = 40;
const KPROBE_COOKIE = 56;

/** As many programs share a tracepoint. @linux kernel/trace/bpf_trace.c `BPF_TRACE_MAX_PROGS` (6.18) */
const PROGS_MAX = 64;

/** An event of perf with a program on it. */
export class PerfEventLink extends KernelLink {
  readonly event: PerfTarget;
  readonly cookie: bigint;

  constructor(kernel: BpfKernel, prog: LoadedProgram, event: PerfTarget, cookie: bigint) {
    super(BPF_LINK_TYPE_PERF_EVENT, perfLinkOps(kernel), prog, BPF_PERF_EVENT);
    this.event = event;
    this.cookie = cookie;
  }
}

function perfLinkOps(kernel: BpfKernel): LinkOps {
  return {
    release(link) {
      const { event } = link as PerfEventLink;
      perfEventFreeProg(kernel, event);
      event.release();
    },
    fdinfo: (link) => fdinfo(link as PerfEventLink),
    fillInfo: (link, info, memory) => fillInfo(link as PerfEventLink, info, memory),
  };
}

/** @linux kernel/bpf/syscall.c `bpf_perf_link_show_fdinfo` (6.18) */
function fdinfo({ event, cookie }: PerfEventLink): string {
  const { hook, type, config } = event;
  if (hook === undefined) {
    return `type:\t${type}\nconfig:\t${config}\nevent_type:\tevent\ncookie:\t${cookie}\n`;
  }
  if (hook.kind === "tracepoint") {
    return `tp_name:\t${tracepointName(hook.event)}\nevent_type:\ttracepoint\ncookie:\t${cookie}\n`;
  }
  const probe = hook.isReturn ? "kretprobe" : "kprobe";
  const addr = BigInt.asUintN(64, BigInt(addressOf(hook.func))).toString(16);
  return `name:\t${hook.func}\noffset:\t0x0\nmissed:\t0\naddr:\t0x${addr}\nevent_type:\t${probe}\ncookie:\t${cookie}\n`;
}

/** @linux kernel/bpf/syscall.c `bpf_perf_link_fill_link_info` (6.18) */
function fillInfo(
  { event, cookie }: PerfEventLink,
  info: DataView,
  memory: UserMemory,
): 0 | number {
  const { hook, type, config } = event;
  if (hook === undefined) {
    info.setUint32(TYPE, BPF_PERF_EVENT_EVENT, true);
    info.setBigUint64(EVENT_CONFIG, BigInt(config), true);
    info.setUint32(EVENT_TYPE, type, true);
    info.setBigUint64(EVENT_COOKIE, cookie, true);
    return 0;
  }
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

/**
 * Hangs a program on an event of perf; answers a descriptor.
 *
 * @linux kernel/bpf/syscall.c `bpf_perf_link_attach` (6.18)
 */
export function perfLinkAttach(
  kernel: BpfKernel,
  prog: LoadedProgram,
  event: PerfTarget,
  cookie: bigint,
): number {
  const link = new PerfEventLink(kernel, prog, event, cookie);
  return linkNewFd(kernel, link, () => {
    const err = perfEventSetProg(kernel, event, prog, cookie);
    if (err !== 0) return err;
    event.hold();
    link.attachments = [event.program!.attachment];
    return 0;
  });
}

/**
 * The event holds the program from now on.
 *
 * @linux kernel/events/core.c `__perf_event_set_bpf_prog`, `perf_event_set_bpf_handler`, kernel/trace/bpf_trace.c
 * `perf_event_attach_bpf_prog` (6.18)
 */
export function perfEventSetProg(
  kernel: BpfKernel,
  event: PerfTarget,
  prog: LoadedProgram,
  cookie: bigint,
): 0 | number {
  const { hook } = event;
  const err = hook === undefined ? fitsEvent(event, prog) : fitsHook(kernel, event, hook, prog);
  if (err !== 0) return err;
  if (!prog.isRunnable) return -EOPNOTSUPP;
  const attachment =
    hook === undefined
      ? ownAttachment(event, prog, cookie)
      : kernel.attached.attach(prog, hook, cookie);
  kernel.ref(prog);
  event.program = { prog, cookie, attachment };
  return 0;
}

/** @linux kernel/trace/bpf_trace.c `perf_event_detach_bpf_prog` (6.18) */
export function perfEventFreeProg(kernel: BpfKernel, event: PerfTarget): void {
  const { program } = event;
  if (program === undefined) return;
  event.program = undefined;
  program.attachment.detach();
  kernel.unref(program.prog);
}

function fitsEvent({ program }: PerfTarget, prog: LoadedProgram): 0 | number {
  if (program !== undefined) return -EEXIST;
  return prog.type === BPF_PROG_TYPE_PERF_EVENT ? 0 : -EINVAL;
}

function fitsHook(
  kernel: BpfKernel,
  { program }: PerfTarget,
  hook: PerfHook,
  prog: LoadedProgram,
): 0 | number {
  const isProbe = hook.kind === "kprobe";
  if (prog.type !== (isProbe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACEPOINT)) return -EINVAL;
  if (isProbe && prog.isSleepable) return -EINVAL;
  if (hook.kind === "tracepoint" && prog.maxCtxOffset > fixedBytes(hook.format)) return -EACCES;
  if (program !== undefined) return -EEXIST;
  // A probe is an event of its own, and a tracepoint is one event for all.
  const programs = perfProgramsAt(kernel, hook);
  if (programs.length >= PROGS_MAX) return -E2BIG;
  return programs.some((each) => each.prog === prog) ? -EEXIST : 0;
}

/** Those that share a place with others. */
export function perfProgramsAt(kernel: BpfKernel, hook: PerfHook): readonly Attachment[] {
  if (hook.kind !== "tracepoint") return [];
  return kernel.attached.at(hook.event).filter((each) => each.hook.kind === "tracepoint");
}

/** Of a program that the event runs itself. */
function ownAttachment(event: PerfTarget, prog: LoadedProgram, cookie: bigint): Attachment {
  const hook = { kind: "perf_event", event: `${event.type}:${event.config}` } as const;
  return {
    ...{ prog, hook, cookie: Number(BigInt.asIntN(64, cookie)), runs: 0 },
    detach: () => {},
  };
}

/** An event that nobody has opened: it is there for one link alone. */
export function perfEventOf(hook: PerfHook): PerfTarget {
  return {
    ...{ hook, program: undefined, type: 0, config: 0, isBpfOutput: false, oncpu: -1 },
    hold: () => {},
    release: () => {},
    readLocal: () => -EINVAL,
  };
}
