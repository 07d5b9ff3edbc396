import { SEGV_MAPERR, SIGSEGV } from "kernel-sim";
import type { Access, Outcome } from "./contract.ts";

export function judge(maps: string, accesses: readonly Access[]): readonly Outcome[] {
  const lines = maps.split("\n");
  return accesses.map(({ address, kind }) => {
    // Is the address in one of the lines, may it be used like that, is its page there?
    return { outcome: "killed", signal: SIGSEGV, code: SEGV_MAPERR };
  });
}
