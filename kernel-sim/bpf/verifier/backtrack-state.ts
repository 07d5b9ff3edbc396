import { BPF_REG_SIZE } from "../isa.ts";
import { MAX_CALL_FRAMES } from "./states.ts";

/**
 * Which registers and stack slots, by frame, are wanted precisely while the verifier walks back.
 *
 * @linux include/linux/bpf_verifier.h `struct backtrack_state` (6.18)
 */
export class Backtrack {
  frame = 0;
  readonly #regs = new Int32Array(MAX_CALL_FRAMES);
  /** In two halves. */
  readonly #slots = new Int32Array(MAX_CALL_FRAMES * 2);

  reset(): void {
    this.frame = 0;
    this.#regs.fill(0);
    this.#slots.fill(0);
  }

  get isEmpty(): boolean {
    for (let i = 0; i <= this.frame; i++) {
      if ((this.#regs[i]! | this.#slots[i * 2]! | this.#slots[i * 2 + 1]!) !== 0) return false;
    }
    return true;
  }

  regMask(frame = this.frame): number {
    return this.#regs[frame]!;
  }

  hasSlots(frame = this.frame): boolean {
    return (this.#slots[frame * 2]! | this.#slots[frame * 2 + 1]!) !== 0;
  }

  isRegSet(regno: number, frame = this.frame): boolean {
    return ((this.#regs[frame]! >> regno) & 1) !== 0;
  }

  setReg(regno: number, frame = this.frame): void {
    this.#regs[frame]! |= 1 << regno;
  }

  clearReg(regno: number, frame = this.frame): void {
    this.#regs[frame]! &= ~(1 << regno);
  }

  isSlotSet(spi: number, frame: number): boolean {
    return ((this.#slots[frame * 2 + (spi >> 5)]! >>> (spi & 31)) & 1) !== 0;
  }

  setSlot(spi: number, frame: number): void {
    this.#slots[frame * 2 + (spi >> 5)]! |= 1 << (spi & 31);
  }

  clearSlot(spi: number, frame: number): void {
    this.#slots[frame * 2 + (spi >> 5)]! &= ~(1 << (spi & 31));
  }

  /** E.g. `r0,r2`. */
  regsText(frame = this.frame): string {
    let text = "";
    for (let left = this.#regs[frame]!; left !== 0; left &= left - 1) {
      text += `${text === "" ? "" : ","}r${31 - Math.clz32(left & -left)}`;
    }
    return text;
  }

  /** E.g. `-8,-24`. */
  slotsText(frame = this.frame): string {
    if (!this.hasSlots(frame)) return "";
    const names: string[] = [];
    for (let spi = 0; spi < 64; spi++) {
      if (this.isSlotSet(spi, frame)) names.push(String(-(spi + 1) * BPF_REG_SIZE));
    }
    return names.join(",");
  }
}
