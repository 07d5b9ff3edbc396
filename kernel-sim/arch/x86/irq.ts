import { I8259Pair } from "../../hw/i8259.ts";
import { IoApic } from "../../hw/io-apic.ts";
import { LocalApic } from "../../hw/local-apic.ts";
import { type IrqDesc, irqToDesc } from "../../kernel/irq/irqdesc.ts";
import { IRQF_NOBALANCING, IRQF_TIMER, requestIrq } from "../../kernel/irq/manage.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { HARDIRQ_OFFSET } from "../../kernel/preempt.ts";
import { printk } from "../../kernel/printk.ts";
import type { RunQueue } from "../../kernel/sched/runqueue.ts";
import { doSoftirq, inInterrupt, type SoftirqAction } from "../../kernel/softirq.ts";
import { initSoftirqs } from "../../kernel/tasklet.ts";
import { addIsaIrq, type Wire } from "./apic/chips.ts";
import { VectorDomain } from "./apic/vector.ts";
import { CpuIrq } from "./cpu-irq.ts";
import { initI8259 } from "./i8259.ts";
import {
  CALL_FUNCTION_SINGLE_VECTOR,
  CALL_FUNCTION_VECTOR,
  ISA_IRQ_VECTOR,
  LOCAL_TIMER_VECTOR,
  RESCHEDULE_VECTOR,
  SPURIOUS_APIC_VECTOR,
} from "./irq-vectors.ts";

const IO_APIC_PINS = 24;
const NR_VECTORS = 256;
const NR_IRQS_LEGACY = 16;
const TIMER_IRQ = 0;
const KERN_EMERG = 0;
const KERN_INFO = 6;
const VECTOR_FIELDS = ["vector"] as const;
const SOFTIRQ_FIELDS = ["vec"] as const;

/** Which controllers a machine has: an APIC in each processor and an IO-APIC, or the two 8259As of a PC AT. */
export type InterruptController = "apic" | "8259a";

/**
 * The interrupts of a machine: controllers, and the ways into the kernel behind them.
 *
 * An interrupt is served between two steps of the machine. What asks within a step waits in the controller until its
 * end; what asks while a CPU's interrupt flag is off, until it is on again.
 *
 * @linux arch/x86/kernel/irq.c, arch/x86/kernel/apic/apic.c, arch/x86/kernel/smp.c (6.18)
 */
export class MachineIrq {
  readonly #kernel: Kernel;
  readonly cpus: readonly CpuIrq[];
  readonly vectors: VectorDomain;
  readonly ioApic: IoApic | undefined;
  readonly pic: I8259Pair | undefined;
  /** Where lines go of which nobody has said where. */
  defaultAffinity: bigint;
  /** Spurious interrupts of an 8259A, errors of an APIC. */
  errCount = 0;
  readonly softirqActions: (SoftirqAction | undefined)[] = [];
  /** Some controller has something for its CPU. */
  isPending = false;
  readonly #toCheck: CpuIrq[] = [];
  readonly #wires = new Map<number, Wire>();
  readonly softirqRaise: number;
  readonly softirqEntry: number;
  readonly softirqExit: number;
  readonly #timerEntry: number;
  readonly #timerExit: number;

  constructor(kernel: Kernel, controller: InterruptController) {
    this.#kernel = kernel;
    const hasApic = controller === "apic";
    this.defaultAffinity = (1n << BigInt(kernel.cpus)) - 1n;
    this.vectors = new VectorDomain(kernel.cpus);
    const eoi = (vector: number) => this.ioApic?.eoi(vector);
    this.cpus = kernel.sched.runQueues.map((rq) => {
      const apic = hasApic ? new LocalApic(rq.cpu, eoi) : undefined;
      return new CpuIrq(rq.cpu, rq, apic);
    });
    for (const { apic } of this.cpus) {
      if (apic === undefined) continue;
      apic.timerVector = LOCAL_TIMER_VECTOR;
      apic.isTimerMasked = false;
    }
    if (hasApic) {
      this.ioApic = new IoApic(IO_APIC_PINS, (cpu, vector, isLevel) =>
        this.sendTo(cpu, vector, isLevel),
      );
    } else this.pic = new I8259Pair();
    const { tracing } = kernel;
    const vectorEvent = (name: string) => tracing.numberEvent(name, VECTOR_FIELDS);
    this.#timerEntry = vectorEvent("irq_vectors:local_timer_entry");
    this.#timerExit = vectorEvent("irq_vectors:local_timer_exit");
    this.softirqRaise = tracing.numberEvent("irq:softirq_raise", SOFTIRQ_FIELDS);
    this.softirqEntry = tracing.numberEvent("irq:softirq_entry", SOFTIRQ_FIELDS);
    this.softirqExit = tracing.numberEvent("irq:softirq_exit", SOFTIRQ_FIELDS);
  }

  /** What has to be there before the first driver. @linux arch/x86/kernel/irqinit.c `native_init_IRQ`, `time_init` (6.18) */
  init(): void {
    const kernel = this.#kernel;
    initSoftirqs(kernel);
    if (this.pic === undefined) return;
    initI8259(kernel, this.pic);
    addIsaIrq(kernel, TIMER_IRQ);
    const handler = () => {
      runDue(this.cpus[0]!);
      return 1;
    };
    requestIrq(kernel, TIMER_IRQ, handler, IRQF_NOBALANCING | IRQF_TIMER, "timer", undefined);
  }

  /** How many lines there can be. @linux arch/x86/kernel/apic/vector.c `arch_probe_nr_irqs` (6.18) */
  get nrIrqs(): number {
    const { cpus } = this.#kernel;
    if (this.ioApic === undefined) return NR_IRQS_LEGACY + 16 * cpus;
    return Math.min(IO_APIC_PINS + 8 * cpus + IO_APIC_PINS * 16, NR_VECTORS * cpus);
  }

  /** The CPU that executes the kernel now; for who looks from outside, the first. */
  thisCpu(): CpuIrq {
    const { current, interrupted } = this.#kernel;
    return this.cpus[current?.cpu ?? interrupted?.cpu ?? 0]!;
  }

  /** Connects the device of a line. */
  connect(desc: IrqDesc, wire: Wire): void {
    this.#wires.set(desc.irq, wire);
  }

  /** The device of line `irq` asks for an interrupt, or does no longer. */
  setLine(irq: number, isAsserted: boolean): void {
    this.#wires.get(irq)?.(isAsserted);
  }

  /** A message for the APIC of a CPU. */
  sendTo(cpu: number, vector: number, isLevel: boolean): void {
    const target = this.cpus[cpu];
    if (target?.apic === undefined) return;
    target.apic.accept(vector, isLevel);
    this.kick(target);
  }

  /** An interrupt from this CPU to another one. @linux arch/x86/kernel/apic/ipi.c (6.18) */
  sendIpi(cpu: number, vector: number): void {
    this.#kernel.chargeCurrent(this.#kernel.costs.ipiSendNs);
    this.sendTo(cpu, vector, false);
  }

  /**
   * The CPU of `rq` shall schedule at once: an interrupt, unless it is this one. Who looks at the machine from outside
   * is no CPU, and sends none.
   *
   * @linux kernel/sched/core.c `resched_curr`, arch/x86/kernel/smp.c `native_smp_send_reschedule` (6.18)
   * @simplified an idle CPU sleeps by MWAIT and sees its flag change: it never needs one (`TIF_POLLING_NRFLAG`).
   */
  sendReschedule(rq: RunQueue): void {
    const { current, interrupted } = this.#kernel;
    const from = current?.cpu ?? interrupted?.cpu;
    if (from !== undefined && from !== rq.cpu) this.sendIpi(rq.cpu, RESCHEDULE_VECTOR);
  }

  /** The timer of a CPU has run down; `handler` is what it was set for. */
  timerExpired(rq: RunQueue, handler: () => void): void {
    const cpu = this.cpus[rq.cpu]!;
    cpu.dueTimers.push(handler);
    if (cpu.apic !== undefined) {
      cpu.apic.timerExpired();
      this.kick(cpu);
      return;
    }
    this.setLine(TIMER_IRQ, false);
    this.setLine(TIMER_IRQ, true);
  }

  /** Something may wait for `cpu`: it is served now if nobody executes the kernel, else when he is done. */
  kick(cpu: CpuIrq): void {
    this.#toCheck.push(cpu);
    this.isPending = true;
    const { current, interrupted } = this.#kernel;
    if (current === undefined && interrupted === undefined) this.service();
  }

  /** Serves all that waits for CPUs which take interrupts. */
  service(): void {
    for (let i = 0; i < this.#toCheck.length; i++) this.#serve(this.#toCheck[i]!);
    this.#toCheck.length = 0;
    this.isPending = false;
  }

  /** `cli` on this CPU. */
  localIrqDisable(): void {
    this.thisCpu().irqsDisabled = true;
  }

  /** `sti` on this CPU: what has waited comes now; in a handler, in its midst. */
  localIrqEnable(): void {
    const cpu = this.thisCpu();
    cpu.irqsDisabled = false;
    if (!this.#hasPending(cpu)) return;
    if (this.#kernel.interrupted === cpu.rq) this.#serve(cpu);
    else this.kick(cpu);
  }

  #serve(cpu: CpuIrq): void {
    while (!cpu.irqsDisabled && this.#hasPending(cpu)) this.#interrupt(cpu);
  }

  #hasPending({ apic }: CpuIrq): boolean {
    return apic === undefined ? this.pic!.isPending : apic.pending() >= 0;
  }

  /**
   * Serves an interrupt on a CPU, whatever that was doing. `kernel.current` stays undefined: who was interrupted has
   * nothing to do with it. The trace shows the interrupted task all the same, as Linux's does.
   *
   * @linux kernel/softirq.c `irq_enter_rcu`, `irq_exit_rcu` (6.18)
   */
  #interrupt(cpu: CpuIrq): void {
    const kernel = this.#kernel;
    const outer = kernel.interrupted;
    const vector = cpu.apic === undefined ? this.pic!.acknowledge() : cpu.apic.acknowledge();
    kernel.interrupted = cpu.rq;
    cpu.irqsDisabled = true;
    // The lightest of all: it only makes the CPU pass the place where it looks whether to schedule.
    const isSimple = vector === RESCHEDULE_VECTOR;
    if (!isSimple) cpu.preemptCount += HARDIRQ_OFFSET;
    this.#dispatch(cpu, vector);
    this.#charge(cpu, kernel.costs.interruptNs);
    if (!isSimple) cpu.preemptCount -= HARDIRQ_OFFSET;
    cpu.irqsDisabled = false;
    if (cpu.softirqPending !== 0 && !isSimple && !inInterrupt(cpu)) doSoftirq(kernel, cpu);
    kernel.interrupted = outer;
  }

  #dispatch(cpu: CpuIrq, vector: number): void {
    if (cpu.apic === undefined) {
      this.#commonInterrupt(cpu, vector, irqToDesc(this.#kernel, vector - ISA_IRQ_VECTOR));
    } else if (vector === LOCAL_TIMER_VECTOR) this.#localTimer(cpu);
    else if (vector === RESCHEDULE_VECTOR) {
      this.#systemVector(cpu, vector, "reschedule", () => {
        cpu.reschedIrqs++;
      });
    } else if (vector === CALL_FUNCTION_VECTOR) {
      this.#systemVector(cpu, vector, "call_function", () => callAll(cpu));
    } else if (vector === CALL_FUNCTION_SINGLE_VECTOR) {
      this.#systemVector(cpu, vector, "call_function_single", () => callAll(cpu));
    } else if (vector === SPURIOUS_APIC_VECTOR) this.#spurious(cpu);
    else this.#commonInterrupt(cpu, vector, this.vectors.find(cpu.cpu, vector));
  }

  /** @linux arch/x86/kernel/irq.c `common_interrupt` (6.18) */
  #commonInterrupt(cpu: CpuIrq, vector: number, desc: IrqDesc | undefined): void {
    if (desc !== undefined) {
      desc.handleIrq(this.#kernel, desc);
      return;
    }
    cpu.apic?.eoi();
    printk(
      this.#kernel,
      KERN_EMERG,
      `common_interrupt: ${cpu.cpu}.${vector} No irq handler for vector`,
    );
  }

  /** @linux arch/x86/kernel/apic/apic.c `sysvec_apic_timer_interrupt` (6.18) */
  #localTimer(cpu: CpuIrq): void {
    const { tracing } = this.#kernel;
    cpu.apic!.eoi();
    tracing.numbers(this.#timerEntry, LOCAL_TIMER_VECTOR, 0);
    cpu.timerIrqs++;
    runDue(cpu);
    tracing.numbers(this.#timerExit, LOCAL_TIMER_VECTOR, 0);
  }

  /** @linux arch/x86/kernel/smp.c `sysvec_reschedule_ipi`, `sysvec_call_function` (6.18) */
  #systemVector(cpu: CpuIrq, vector: number, name: string, body: () => void): void {
    const { tracing } = this.#kernel;
    cpu.apic!.eoi();
    tracing.event(`irq_vectors:${name}_entry`, { vector });
    body();
    tracing.event(`irq_vectors:${name}_exit`, { vector });
  }

  /** @linux arch/x86/kernel/apic/apic.c `handle_spurious_interrupt` (6.18) */
  #spurious(cpu: CpuIrq): void {
    const vector = SPURIOUS_APIC_VECTOR;
    const { tracing } = this.#kernel;
    tracing.event("irq_vectors:spurious_apic_entry", { vector });
    cpu.spuriousIrqs++;
    // The controller's own has nothing in service: an end would be another one's.
    printk(
      this.#kernel,
      KERN_INFO,
      `Spurious APIC interrupt (vector 0xFF) on CPU#${cpu.cpu}, should never happen.`,
    );
    tracing.event("irq_vectors:spurious_apic_exit", { vector });
  }

  /** Softirqs that a machine without ksoftirqd has left for later. */
  runSoftirqs(cpu: CpuIrq): void {
    const kernel = this.#kernel;
    if (cpu.softirqPending === 0) return;
    kernel.interrupted = cpu.rq;
    doSoftirq(kernel, cpu);
    kernel.interrupted = undefined;
    if (this.isPending) this.service();
  }

  traceSoftirq(event: number, nr: number): void {
    this.#kernel.tracing.numbers(event, nr, 0);
  }

  /** The time of a softirq that no task asked for. What a call causes is in the call's own price. */
  chargeSoftirq(cpu: CpuIrq): void {
    const kernel = this.#kernel;
    const { softirqNs } = kernel.costs;
    if (kernel.current === undefined) this.#charge(cpu, softirqNs, true);
    else if (kernel.current === cpu.ksoftirqd) kernel.chargeCurrent(softirqNs);
  }

  /** The time of a BPF program that runs in a softirq or in a kworker. */
  chargeProgram(cpu: number, ns: number): void {
    if (this.#kernel.current === undefined) this.#charge(this.cpus[cpu]!, ns, true);
    else this.#kernel.chargeCurrent(ns);
  }

  #charge({ rq }: CpuIrq, ns: number, isSoftirq = false): void {
    const kernel = this.#kernel;
    if (rq.current === undefined && rq.now < kernel.now()) {
      rq.idleNs += kernel.now() - rq.now;
      rq.now = kernel.now();
    }
    kernel.onStretch?.(rq, isSoftirq ? "softirq" : "interrupt", ns);
    rq.now += ns;
    if (isSoftirq) rq.softirqNs += ns;
    else rq.irqNs += ns;
  }
}

/** @linux kernel/time/hrtimer.c `hrtimer_interrupt` (6.18) */
function runDue(cpu: CpuIrq): void {
  for (const handler of cpu.dueTimers.splice(0)) handler();
}

/** @linux kernel/smp.c `__flush_smp_call_function_queue` (6.18) */
function callAll(cpu: CpuIrq): void {
  cpu.callIrqs++;
  for (const call of cpu.calls.splice(0)) call();
}
