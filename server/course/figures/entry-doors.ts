import { i386, PT_REGS_64, x86 } from "#kernel-sim";
import type { EntryDoor } from "#notebook/document";

type Name = (typeof x86.doors)[number]["door"];

/** On a virtual machine (AMD EPYC, 2.6 GHz) with Linux 6.18.44: getpid or getppid, two million times. */
const MEASURED: Readonly<Record<Name, number>> = {
  int80: 4060,
  sysenter: 173,
  syscall: 117,
  vdso: 22,
};

const NAMES: Readonly<Record<Name, readonly [string, string]>> = {
  int80: ["int 0x80", "a gate, a task state, and iret"],
  sysenter: ["__kernel_vsyscall", "32-bit, by sysenter (measured: AMD's syscall)"],
  syscall: ["syscall", "64-bit"],
  vdso: ["clock_gettime", "in the vDSO: no entry at all"],
};

/** What each way costs, and who pushes what on it. */
export function entryDoors(): readonly EntryDoor[] {
  return x86.doors.map(({ door, ns }) => {
    const [name, says] = NAMES[door];
    const pushed = pushedAt(door);
    return { name, says, ns, measuredNs: MEASURED[door], ...(pushed !== undefined && { pushed }) };
  });
}

/** Words that end up in the frame, by who puts them there. */
function pushedAt(door: Name): EntryDoor["pushed"] {
  if (door === "vdso") return undefined;
  if (door === "syscall") return { byProcessor: 0, byKernel: PT_REGS_64.fields.length };
  const moments = i386.entrySteps({ door });
  const called = moments.findIndex(({ text }) => /^call .*do_/.test(text));
  const onTheWay = moments.slice(0, called);
  return {
    byProcessor: onTheWay.filter(({ kind }) => kind === "push").length,
    byKernel: onTheWay.filter(
      ({ fields, registers }) => fields["pushedTo"] !== undefined && registers.cpl === 0,
    ).length,
  };
}
