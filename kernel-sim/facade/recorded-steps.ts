import type { Insn, LoadAttr, VerifierStep } from "../api.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { checkProgram, type ProgLoadAttr } from "../bpf/prog-load.ts";
import { textsOf } from "../bpf/program-text.ts";
import type { VerifierMaps } from "../bpf/verifier-maps.ts";
import { neededPart } from "./parts.ts";

/** The steps of a check, which is made once more for them. */
export function recordedSteps(
  kernel: BpfKernel,
  request: ProgLoadAttr,
  maps: VerifierMaps,
  texts: readonly string[],
): readonly VerifierStep[] {
  const recorder = neededPart("explanations").stepRecorder(texts);
  const quiet = { ...request, logLevel: 0, logSize: 0, hasLogBuffer: false };
  checkProgram(kernel, quiet, maps, recorder);
  return recorder.steps();
}

/**
 * Will tell the texts of a program's instructions by slot, with the names that it has for its maps. They are taken now:
 * the caller may change what it has passed.
 */
export function insnTexts(
  { program }: LoadAttr,
  { insns = [] }: ProgLoadAttr,
): () => readonly string[] {
  const own = insns ?? [];
  if (program instanceof Uint8Array) return () => textsOf(own);
  const mapNames = [...program.mapNames];
  // Where we have descriptors, the program has the numbers of its names.
  const numbers = new Map<number, number>();
  for (const [slot, insn] of own.entries()) {
    if (refersToMap(insn)) numbers.set(slot, Number(program.insns[slot]?.imm));
  }
  const named = (insn: Insn, slot: number) => ({ ...insn, imm: numbers.get(slot) ?? insn.imm });
  return () => textsOf(own.map(named), mapNames);
}

export function refersToMap({ code, srcReg }: Insn): boolean {
  return code === 0x18 && (srcReg === 1 || srcReg === 2);
}
