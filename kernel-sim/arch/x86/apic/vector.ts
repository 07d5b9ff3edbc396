import { ENOSPC } from "../../../include/errno.ts";
import type { IrqDesc } from "../../../kernel/irq/irqdesc.ts";
import { FIRST_DEVICE_VECTOR, IA32_SYSCALL_VECTOR, LOCAL_TIMER_VECTOR } from "../irq-vectors.ts";

/**
 * Which line has which vector of which CPU. Each line has one vector, of the CPU to which it goes: of those it may go
 * to, the one with the most vectors left.
 *
 * @linux arch/x86/kernel/apic/vector.c `assign_irq_vector_any_locked`, kernel/irq/matrix.c `irq_matrix_alloc` (6.18)
 * @simplified no reserved or managed vectors; a line that moves gives its old vector back at once.
 */
export class VectorDomain {
  readonly #byCpu: readonly Map<number, IrqDesc>[];

  constructor(cpus: number) {
    this.#byCpu = Array.from({ length: cpus }, () => new Map<number, IrqDesc>());
  }

  /** Whose vector it is. */
  find(cpu: number, vector: number): IrqDesc | undefined {
    return this.#byCpu[cpu]!.get(vector);
  }

  /** Gives `desc` a vector on a CPU of `mask`: 0 or -ENOSPC. */
  assign(desc: IrqDesc, mask: bigint): number {
    const cpu = this.#bestCpu(mask);
    const vector = cpu < 0 ? -1 : this.#freeVector(cpu);
    if (vector < 0) return -ENOSPC;
    // As before, when it goes to the same CPU: nothing to do.
    if (desc.vector !== 0 && (mask & (1n << BigInt(desc.effectiveCpu))) !== 0n) return 0;
    this.release(desc);
    desc.effectiveCpu = cpu;
    desc.vector = vector;
    this.#byCpu[cpu]!.set(vector, desc);
    return 0;
  }

  release(desc: IrqDesc): void {
    if (desc.vector === 0) return;
    this.#byCpu[desc.effectiveCpu]!.delete(desc.vector);
    desc.vector = 0;
  }

  #bestCpu(mask: bigint): number {
    let best = -1;
    for (const [cpu, vectors] of this.#byCpu.entries()) {
      if ((mask & (1n << BigInt(cpu))) === 0n) continue;
      if (best < 0 || vectors.size < this.#byCpu[best]!.size) best = cpu;
    }
    return best;
  }

  #freeVector(cpu: number): number {
    for (let vector = FIRST_DEVICE_VECTOR; vector < LOCAL_TIMER_VECTOR; vector++) {
      if (vector !== IA32_SYSCALL_VECTOR && !this.#byCpu[cpu]!.has(vector)) return vector;
    }
    return -1;
  }
}
