import type { Insn } from "../../../../kernel-sim/api.ts";

/** A place in the program that jumps and calls can name before it is there. */
export interface Label {
  at: number;
}

interface Reference {
  readonly at: number;
  readonly label: Label;
  /** Jumps of 16 bits have the distance in `off`, others in `imm`. */
  readonly field: "off" | "imm";
}

/** Instructions one after the other, with labels. */
export class Code {
  readonly insns: Insn[] = [];
  readonly #references: Reference[] = [];

  label(): Label {
    return { at: -1 };
  }

  place(label: Label): void {
    label.at = this.insns.length;
  }

  emit(...insns: readonly (Insn | readonly Insn[])[]): void {
    this.insns.push(...insns.flat());
  }

  /** A jump or call whose distance is filled in at the end. */
  jump(insn: Insn, label: Label, field: "off" | "imm" = "off"): void {
    this.#references.push({ at: this.insns.length, label, field });
    this.insns.push(insn);
  }

  /** A wide load of the address of a function. */
  wideReference(insns: readonly Insn[], label: Label): void {
    this.#references.push({ at: this.insns.length, label, field: "imm" });
    this.insns.push(...insns);
  }

  finish(): Insn[] {
    for (const { at, label, field } of this.#references) {
      this.insns[at] = { ...(this.insns[at] as Insn), [field]: label.at - at - 1 };
    }
    return this.insns;
  }
}
