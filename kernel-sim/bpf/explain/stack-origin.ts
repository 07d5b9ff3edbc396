import type { Insn, VerifierStep } from "../../api.ts";
import { BPF_LDX, BPF_ST, BPF_STX, bpfClass } from "../isa.ts";

/** By the size bits of an opcode. */
const WIDTHS: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 };

const OWN_SLOT =
  "A pointer that is saved on the stack stays one only while all 8 bytes of its slot are left alone: use another place for the other data.";

/** What was written last where a load reads. */
export interface SlotWriter {
  /** Its place on the way. */
  readonly at: number;
  readonly text: string;
  /** The register that was stored as a whole. */
  readonly source: number | undefined;
  /** Where a pointer was lost. */
  readonly repair: string | undefined;
}

/** The store behind a load from the function's own stack; undefined for other instructions. */
export function slotWriter(
  insns: readonly Insn[],
  way: readonly VerifierStep[],
  load: number,
): SlotWriter | undefined {
  const reader = way[load]!;
  const read = stackRange(insns[reader.insnIndex]!, reader, [BPF_LDX]);
  if (read === undefined) return undefined;
  const slot = `fp-${Math.ceil(-read.start / 8) * 8}`;
  for (let at = load - 1; at >= 0 && way[at]!.frame >= reader.frame; at--) {
    const step = way[at]!;
    const insn = insns[step.insnIndex];
    if (insn === undefined || step.frame !== reader.frame) continue;
    const written = stackRange(insn, step, [BPF_ST, BPF_STX]);
    if (written === undefined) continue;
    if (written.start >= read.end || written.end <= read.start) continue;
    const isWhole = written.end - written.start === 8;
    const old = way.findLast(({ frame }, i) => i < at && frame === reader.frame)?.stack[slot] ?? "";
    const lost = !isWhole && isPointer(old);
    const place = `the stack at ${slot} was written at ${step.insnIndex}, \`${step.insn}\``;
    return {
      at,
      text: lost ? `${place}, over a part of the pointer (${old}) that was saved there` : place,
      source: isWhole && bpfClass(insn.code) === BPF_STX ? insn.srcReg : undefined,
      repair: lost ? OWN_SLOT : undefined,
    };
  }
  return undefined;
}

/** Which bytes of its function's stack an instruction of these classes touches, from the frame pointer. */
function stackRange(insn: Insn, step: VerifierStep, classes: readonly number[]) {
  const kind = bpfClass(insn.code);
  if (!classes.includes(kind)) return undefined;
  const base = step.before[`R${kind === BPF_LDX ? insn.srcReg : insn.dstReg}`];
  const offset = /^fp(-?\d+)$/.exec(base?.text ?? "")?.[1];
  if (offset === undefined) return undefined;
  const start = Number(offset) + insn.off;
  return { start, end: start + WIDTHS[insn.code & 0x18]! };
}

/** A saved value is written with what is known of it, bytes as `mmmm????`. */
function isPointer(slot: string): boolean {
  return /^(?!scalar)\w+(?:\(|[+-]\d)|^fp/.test(slot);
}
