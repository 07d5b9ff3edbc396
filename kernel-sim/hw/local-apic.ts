import { VectorSet } from "./vector-set.ts";

/** Vectors below are the processor's exceptions: no controller may send them. */
const FIRST_LEGAL_VECTOR = 16;
const SPURIOUS_VECTOR = 0xff;
/** Bit of the error register: a vector below 16 came in. */
const ESR_RECEIVE_ILLEGAL_VECTOR = 1 << 6;

/**
 * The interrupt controller inside of each processor. What comes in waits in the request register (IRR) until it is
 * the most urgent and the processor takes interrupts; then it is in service (ISR) until the kernel writes EOI. The upper
 * four bits of a vector are its priority: nothing interrupts what is as urgent as itself, or as the task priority (TPR).
 *
 * @spec Intel SDM volume 3A, chapter "Advanced Programmable Interrupt Controller (APIC)"
 * @simplified each vector has one place in the IRR, as in all processors since the Pentium 4; no logical destinations,
 * no arbitration; NMI, SMI, INIT and ExtINT messages are not sent.
 */
export class LocalApic {
  readonly id: number;
  readonly irr = new VectorSet();
  readonly isr = new VectorSet();
  /** Of those in the IRR or ISR: which came from a level, so that its end has to be told. */
  readonly tmr = new VectorSet();
  /** The task priority: vectors of its class or below wait. */
  tpr = 0;
  /** Bits of errors since the kernel has looked. */
  esr = 0;
  /** Of the local vector table: what the timer sends. */
  timerVector = SPURIOUS_VECTOR;
  isTimerMasked = true;
  readonly spuriousVector = SPURIOUS_VECTOR;
  /** Tells the IO-APICs that a level-triggered interrupt is over. */
  readonly #broadcastEoi: (vector: number) => void;

  constructor(id: number, broadcastEoi: (vector: number) => void) {
    this.id = id;
    this.#broadcastEoi = broadcastEoi;
  }

  /** A message has come over the bus. The same vector twice before it is served is one interrupt. */
  accept(vector: number, isLevel: boolean): void {
    if (vector < FIRST_LEGAL_VECTOR || vector > 255) {
      this.esr |= ESR_RECEIVE_ILLEGAL_VECTOR;
      return;
    }
    this.irr.add(vector);
    if (isLevel) this.tmr.add(vector);
    else this.tmr.delete(vector);
  }

  /** The timer has run down. */
  timerExpired(): void {
    if (!this.isTimerMasked) this.accept(this.timerVector, false);
  }

  /** The processor priority (PPR): the task's, or that of what is in service. */
  get ppr(): number {
    const inService = Math.max(0, this.isr.highest());
    return this.tpr >> 4 >= inService >> 4 ? this.tpr : inService & 0xf0;
  }

  /** What the processor would get now; -1 for nothing. */
  pending(): number {
    const vector = this.irr.highest();
    return vector >> 4 > this.ppr >> 4 ? vector : -1;
  }

  /** The processor takes the interrupt: the vector, or the spurious one when there is nothing any more. */
  acknowledge(): number {
    const vector = this.pending();
    if (vector < 0) return this.spuriousVector;
    this.irr.delete(vector);
    this.isr.add(vector);
    return vector;
  }

  /** A write to the EOI register: the most urgent one in service is done. */
  eoi(): void {
    const vector = this.isr.highest();
    if (vector < 0) return;
    this.isr.delete(vector);
    if (!this.tmr.has(vector)) return;
    this.#broadcastEoi(vector);
  }
}
