const NAMES =
  "EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

const ENDINGS: Readonly<Record<number, string>> = {
  1: "Hangup",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  14: "Alarm clock",
  15: "Terminated",
};

/** A signal's number from `TERM`, `SIGTERM` or `15`; 0 is EXIT. */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name) <= 64 ? Number(name) : undefined;
  const found = NAMES.indexOf(name.toUpperCase().replace(/^SIG/, ""));
  return found < 0 ? undefined : found;
}

export function signalNames(): readonly string[] {
  return NAMES.slice(1);
}

/** What a shell says when a signal has ended a command; nothing for SIGINT and SIGPIPE. */
export function endingText(signo: number): string | undefined {
  return ENDINGS[signo];
}
