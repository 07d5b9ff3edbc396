import type { LoadedProgram } from "../bpf/program.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_TRACEPOINT,
} from "../bpf/uapi.ts";
import { EACCES, EINVAL, ENOENT } from "../include/errno.ts";
import { tracepointFormats } from "./formats.ts";
import { isKernelFunction } from "./kernel-functions.ts";
import { rawTracepointOf } from "./raw-tracepoints.ts";
import { fixedBytes } from "./trace-entry.ts";

/** Where programs can hang: the events that they hear of come from the kernel's trace. */
export type Hook =
  | { readonly kind: "tracepoint"; readonly event: string }
  | { readonly kind: "raw_tracepoint"; readonly event: string }
  | { readonly kind: "kprobe"; readonly func: string; readonly isReturn: boolean };

/** A hook's own name, e.g. `kretprobe:__x64_sys_read`. */
export function hookName(hook: Hook): string {
  if (hook.kind !== "kprobe") return `${hook.kind}:${hook.event}`;
  return `${hook.isReturn ? "kretprobe" : "kprobe"}:${hook.func}`;
}

/**
 * Where a program goes that is attached to `target`, or a negative errno: of a tracepoint program
 * `sched:sched_switch`, of one for raw tracepoints `sched_switch`, of a probe the name of a
 * function of the kernel, with `isReturn` where it returns.
 *
 * @linux kernel/events/core.c `perf_event_set_bpf_prog`, kernel/bpf/syscall.c `bpf_raw_tp_link_attach` (6.18)
 */
export function hookOf(prog: LoadedProgram, target: string, isReturn: boolean): Hook | number {
  switch (prog.type) {
    case BPF_PROG_TYPE_TRACEPOINT: {
      const format = tracepointFormats.get(target);
      if (format === undefined) return -ENOENT;
      if (prog.maxCtxOffset > fixedBytes(format)) return -EACCES;
      return { kind: "tracepoint", event: target };
    }
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: {
      const raw = rawTracepointOf(target);
      if (raw === undefined) return -ENOENT;
      return prog.maxCtxOffset > raw.args.length * 8
        ? -EINVAL
        : { kind: "raw_tracepoint", event: raw.event };
    }
    case BPF_PROG_TYPE_KPROBE:
      return isKernelFunction(target) ? { kind: "kprobe", func: target, isReturn } : -ENOENT;
    default:
      return -EINVAL;
  }
}
