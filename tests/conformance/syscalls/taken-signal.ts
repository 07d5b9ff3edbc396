import { readInt } from "./bytes.ts";
import type { Player } from "./player.ts";
import type { TakenSignal } from "./port.ts";
import { recordSignal } from "./words.ts";

const SIGCHLD = 17;
const SIGSYS = 31;
const SI_USER = 0;
const SI_QUEUE = -1;
const SI_TKILL = -6;

/** An entry of the signal log: what a handler got, as far as the corpus records it. */
export function recordTakenSignal(player: Player, { signo, siginfo }: TakenSignal): unknown {
  const code = readInt(siginfo, 8, "s32");
  const name = recordSignal(signo);
  if (signo === SIGSYS && code > 0) {
    const nr = readInt(siginfo, 24, "s32");
    return { signo: name, code, nr: player.constants.callName(nr) ?? nr };
  }
  const isFromProcess = code === SI_USER || code === SI_QUEUE || code === SI_TKILL;
  const pid = player.symbols.recordPid(readInt(siginfo, 16, "s32"));
  return {
    signo: name,
    code,
    ...(isFromProcess || signo === SIGCHLD ? { pid } : {}),
    ...(signo === SIGCHLD ? { status: readInt(siginfo, 24, "s32") } : {}),
    ...(code === SI_QUEUE ? { value: readInt(siginfo, 24, "s32") } : {}),
  };
}
