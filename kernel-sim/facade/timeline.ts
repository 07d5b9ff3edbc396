import type { CpuStretch } from "../api-kernel.ts";
import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNames64 } from "../arch/x86/entry/syscall-table-64.ts";
import { USER32_CS } from "../kernel/entry/invoke.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { HARDIRQ_OFFSET, SOFTIRQ_OFFSET } from "../kernel/preempt.ts";
import { ENTRY_EXCEPTION, ENTRY_NONE, type RunQueue } from "../kernel/sched/runqueue.ts";

const STRETCHES_MAX = 1 << 18;

type Draft = { -readonly [Key in keyof CpuStretch]: CpuStretch[Key] };

/** What the CPUs of a kernel do from now on, stretch by stretch; answers a function that tells it. */
export function watchTimeline(kernel: Kernel): () => readonly CpuStretch[] {
  const perCpu: Draft[][] = kernel.sched.runQueues.map(() => []);
  let count = 0;
  kernel.onStretch = (rq, kind, ns) => {
    const stretches = perCpu[rq.cpu]!;
    const last = stretches.at(-1);
    const next: Draft = {
      ...{ cpu: rq.cpu, from: rq.now, to: rq.now + ns },
      pid: rq.current?.pid ?? 0,
      comm: rq.current?.comm ?? `swapper/${rq.cpu}`,
      cpl: kind === "user" ? 3 : 0,
      preemptCount: countOf(kind),
      doing: doing(rq, kind),
      // Behind the step of a task that went to sleep, the one that runs next is not charged for the way to it.
      chargedTo: countOf(kind) === 0 && kernel.current === rq.current ? (rq.current?.pid ?? 0) : 0,
    };
    if (last !== undefined && last.to === next.from && isSame(last, next)) last.to = next.to;
    else if (count++ < STRETCHES_MAX) stretches.push(next);
  };
  return () => {
    const all = perCpu.flatMap((stretches, cpu) => withIdle(cpu, stretches));
    all.sort((a, b) => a.from - b.from || a.cpu - b.cpu);
    return Object.freeze(all.map((stretch) => Object.freeze({ ...stretch })));
  };
}

type Kind = "user" | "kernel" | "interrupt" | "softirq";

/** `preempt_count()` in a stretch. */
function countOf(kind: Kind): number {
  if (kind === "softirq") return SOFTIRQ_OFFSET;
  return kind === "interrupt" ? HARDIRQ_OFFSET : 0;
}

function doing({ entry, current }: RunQueue, kind: Kind): string {
  if (kind === "user") return "user code";
  if (kind === "interrupt" || kind === "softirq") return kind;
  if (entry === ENTRY_EXCEPTION) return "exception";
  if (entry === ENTRY_NONE) return "schedule";
  const names = current?.regs.cs === USER32_CS ? syscallNames32 : syscallNames64;
  return names[entry] ?? `call ${entry}`;
}

function isSame(a: CpuStretch, b: CpuStretch): boolean {
  const isSameTask = a.pid === b.pid && a.comm === b.comm && a.chargedTo === b.chargedTo;
  return isSameTask && a.cpl === b.cpl && a.doing === b.doing;
}

/** The idle task has the rest. */
function withIdle(cpu: number, stretches: readonly CpuStretch[]): CpuStretch[] {
  const filled: CpuStretch[] = [];
  let at = stretches[0]?.from ?? 0;
  for (const stretch of stretches) {
    if (stretch.from > at)
      filled.push({ ...IDLE, cpu, from: at, to: stretch.from, comm: `swapper/${cpu}` });
    filled.push(stretch);
    at = stretch.to;
  }
  return filled;
}

const IDLE = { pid: 0, cpl: 0, preemptCount: 0, doing: "idle", chargedTo: 0 } as const;
