import { BPF_REG_FP, BPF_REG_SIZE } from "../isa.ts";
import { markWantedPrecise, type PrecisionChange } from "./backtrack.ts";
import type { VerifierEnv } from "./env.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import type { Reg } from "./reg-state.ts";
import { SCALAR_VALUE } from "./reg-type.ts";
import { isSpilledReg } from "./states.ts";
import type { VerifierState } from "./verifier-state.ts";

/**
 * What was wanted precisely behind the state that covers `cur` is wanted of `cur` as well.
 *
 * @linux kernel/bpf/verifier.c `propagate_precision` (6.18)
 */
export function propagatePrecision(
  env: VerifierEnv,
  old: VerifierState,
  cur: VerifierState,
  change: PrecisionChange = { isChanged: false },
): 0 | number {
  for (let frameno = old.curframe; frameno >= 0; frameno--) {
    const frame = old.frames[frameno]!;
    const names: string[] = [];
    for (let i = 0; i < BPF_REG_FP; i++) {
      if (!isPreciseScalar(frame.reg(i))) continue;
      env.bt.setReg(i, frameno);
      names.push(`r${i}`);
    }
    for (let spi = 0; spi < frame.slots; spi++) {
      const slot = frame.slot(spi);
      if (!isSpilledReg(slot) || !isPreciseScalar(slot.spilled)) continue;
      env.bt.setSlot(spi, frameno);
      names.push(`fp${-(spi + 1) * BPF_REG_SIZE}`);
    }
    if (names.length > 0 && (env.log.level & BPF_LOG_LEVEL2) !== 0) {
      env.verbose(`frame ${frameno}: propagating ${names.join(",")}\n`);
    }
  }
  return markWantedPrecise(env, cur, change);
}

function isPreciseScalar(reg: Reg): boolean {
  return reg.type === SCALAR_VALUE && reg.precise;
}
