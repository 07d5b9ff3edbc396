import type { TracepointFormat } from "./formats.ts";

/** Where programs can hang: the events that they hear of come from the kernel's trace. */
export type Hook =
  | { readonly kind: "tracepoint"; readonly event: string; readonly format: TracepointFormat }
  | { readonly kind: "raw_tracepoint"; readonly event: string }
  /** An event of perf, which runs its program itself. */
  | { readonly kind: "perf_event"; readonly event: string }
  | { readonly kind: "kprobe"; readonly func: string; readonly isReturn: boolean }
  | { readonly kind: "trampoline"; readonly func: string; readonly place: TrampolinePlace };

/** Where a program of type tracing or LSM hangs on a function. */
export type TrampolinePlace = "fentry" | "fmod_ret" | "fexit";
/** The same, or the breakpoint of a probe. */
export type FunctionPlace = TrampolinePlace | "kprobe" | "kretprobe";

/** A hook's own name, e.g. `kretprobe:__x64_sys_read`. */
export function hookName(hook: Hook): string {
  if (hook.kind === "trampoline") return `${hook.place}:${hook.func}`;
  if (hook.kind !== "kprobe") return `${hook.kind}:${hook.event}`;
  return `${hook.isReturn ? "kretprobe" : "kprobe"}:${hook.func}`;
}

/** The event of the trace that reaches a hook. */
export function eventOf(hook: Hook): string {
  return "func" in hook ? hookName(hook) : hook.event;
}

/** A tracepoint's name without its group. */
export function tracepointName(event: string): string {
  return event.slice(event.indexOf(":") + 1);
}
