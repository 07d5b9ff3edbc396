import { SIG_DFL, SIG_IGN } from "../../include/uapi/signal.ts";
import type { Handler } from "../program.ts";
import type { SysCall } from "../sys-port.ts";
import { answer } from "./answer.ts";
import type { Shell } from "./shell.ts";

/** Sets or (without an action) resets what the shell does at a signal; 0 is its end. */
export function* setTrap(shell: Shell, signo: number, action: string | undefined): SysCall {
  if (action === undefined) shell.traps.delete(signo);
  else shell.traps.set(signo, action);
  if (signo === 0) return 0;
  const note: Handler = (_sys, caught) => {
    shell.pendingSignals.push(caught);
    return answer(undefined);
  };
  const handler = action === undefined ? SIG_DFL : action === "" ? SIG_IGN : note;
  return yield* shell.sys.sigaction(signo, handler);
}

/** Runs the actions of the signals that have arrived, between two commands. */
export function* runTraps(
  shell: Shell,
  runText: (shell: Shell, text: string) => SysCall,
): SysCall<void> {
  for (;;) {
    const signo = shell.pendingSignals.shift();
    if (signo === undefined) return;
    const { status } = shell;
    yield* runText(shell, shell.traps.get(signo) ?? "");
    shell.status = status;
  }
}
