import type { EntryStep } from "../arch/x86/entry-step.ts";

const MSR_NAMES: Readonly<Record<number, string>> = {
  372: "IA32_SYSENTER_CS",
  373: "IA32_SYSENTER_ESP",
  374: "IA32_SYSENTER_EIP",
};

/** What the processor does in one step, in words. */
export function entryStepText(step: EntryStep): string {
  switch (step.kind) {
    case "interrupt":
      return `vector ${hex(step.vector)}, by ${CAUSES[step.cause]}`;
    case "gate-read":
      return `reads the ${step.type} gate at ${hex(step.address)}: to ${hex(step.selector)}:${hex(step.offset)}, DPL ${step.dpl}`;
    case "privilege-check":
      if (!step.isChecked) return "not asked for by the program: the gate's DPL does not matter";
      return `CPL ${step.cpl} ${step.passes ? "≤" : ">"} the gate's DPL ${step.gateDpl}: ${step.passes ? "may enter" : "#GP"}`;
    case "code-segment":
      return `code segment ${hex(step.selector)} has DPL ${step.dpl}: ${step.changesRing ? "the ring changes" : "the ring stays"}`;
    case "tss-read":
      return `reads the kernel's stack from the task state at ${hex(step.address)}: ${hex(step.ss)}:${hex(step.esp)}`;
    case "sysenter":
      return "enters without a look at gates or task state";
    case "sysexit":
      return "leaves to EDX with the stack at ECX";
    case "msr-read":
      return `reads ${MSR_NAMES[step.msr] ?? hex(step.msr)}: ${hex(step.value)}`;
    case "stack-switch":
      return `switches to the stack ${hex(step.ss)}:${hex(step.esp)}`;
    case "push":
      return `pushes ${step.what} ${hex(step.value)} to ${hex(step.address)}`;
    case "pop":
      return `pops ${step.what} ${hex(step.value)} from ${hex(step.address)}`;
    case "flags":
      return `EFLAGS from ${hex(step.before)} to ${hex(step.after)}${ifText(step.before, step.after)}`;
    case "jump":
      return `goes on at ${hex(step.cs)}:${hex(step.eip)} with CPL ${step.cpl}`;
  }
}

const CAUSES = { software: "an instruction", exception: "a fault", external: "a device" } as const;
const IF = 1 << 9;

function ifText(before: number, after: number): string {
  if (((before ^ after) & IF) === 0) return "";
  return (after & IF) === 0 ? ": interrupts are off" : ": interrupts are on";
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
