import type { Insn } from "../../../../kernel-sim/api.ts";
import type { FuzzProgram } from "./fuzz-program.ts";

/** Says whether a smaller program still shows the same difference. */
export type StillDiffers = (program: FuzzProgram) => Promise<boolean>;

const ATTEMPTS = 600;

/** Takes away from the program what its difference does not need. */
export async function shrunk(program: FuzzProgram, differs: StillDiffers): Promise<FuzzProgram> {
  let best = program;
  let attempts = 0;
  const attempt = async (candidate: FuzzProgram) => {
    if (attempts++ > ATTEMPTS || !(await differs(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let isSmaller = true; isSmaller && attempts < ATTEMPTS; ) {
    isSmaller = false;
    for (let count = best.insns.length >> 1; count >= 1; count >>= 1) {
      for (let at = best.insns.length - count; at >= 0; at -= count) {
        if (at + count > best.insns.length) continue;
        const insns = without(best.insns, at, count);
        if (insns.length > 0 && (await attempt({ ...best, insns }))) isSmaller = true;
      }
    }
    if (await simplify(best, () => best, attempt)) isSmaller = true;
  }
  return best;
}

async function simplify(
  program: FuzzProgram,
  best: () => FuzzProgram,
  attempt: (candidate: FuzzProgram) => Promise<boolean>,
): Promise<boolean> {
  let isSimpler = false;
  if (program.flags !== 0 && (await attempt({ ...best(), flags: 0 }))) isSimpler = true;
  if (program.runs.length > 1 && (await attempt({ ...best(), runs: program.runs.slice(0, 1) }))) {
    isSimpler = true;
  }
  for (let at = 0; at < best().insns.length; at++) {
    const insn = best().insns[at] as Insn;
    if (insn.code === 0x18 || insn.code === 0x85) continue;
    const simpler: Partial<Insn>[] = [];
    if (insn.imm !== 0 && insn.imm !== 1)
      simpler.push({ imm: 0 }, { imm: 1 }, { imm: insn.imm >> 1 });
    for (const fields of simpler) {
      const insns = best().insns.with(at, { ...insn, ...fields });
      if (await attempt({ ...best(), insns })) {
        isSimpler = true;
        break;
      }
    }
  }
  return isSimpler;
}

/** Removes instructions; jumps still go where they went, as far as that is there. */
export function without(insns: readonly Insn[], at: number, count: number): Insn[] {
  let from = at;
  let to = at + count;
  // Both halves of a wide load go together.
  if (from > 0 && isWide(insns[from - 1] as Insn)) from--;
  if (isWide(insns[to - 1] as Insn)) to++;
  const moved = (slot: number) => (slot < from ? slot : slot < to ? from : slot - (to - from));
  const kept: Insn[] = [];
  for (const [slot, insn] of insns.entries()) {
    if (slot >= from && slot < to) continue;
    const field = distanceField(insn);
    if (field === undefined) {
      kept.push(insn);
      continue;
    }
    const target = slot + 1 + insn[field];
    kept.push({ ...insn, [field]: moved(target) - moved(slot) - 1 });
  }
  return kept;
}

function isWide({ code }: Insn): boolean {
  return code === 0x18;
}

/** Where a jump, a call or the address of a function has its distance. */
function distanceField({ code, srcReg }: Insn): "off" | "imm" | undefined {
  const kind = code & 7;
  const op = code & 0xf0;
  if (code === 0x18) return srcReg === 4 ? "imm" : undefined;
  if (code === 0x85) return srcReg === 1 ? "imm" : undefined;
  if (kind !== 5 && kind !== 6) return undefined;
  if (op === 0x90 || op === 0x80) return undefined;
  return code === 0x06 ? "imm" : "off";
}
