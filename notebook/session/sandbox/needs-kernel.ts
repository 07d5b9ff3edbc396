/** Programs are generator functions; what starts them or looks at them has these names. */
const PROGRAMS = /\bfunction\s*\*|\*\s*[\w$]+\s*\(\s*sys\b/;
const METHODS =
  /\.\s*(?:spawn|install|terminal|console|kernel|past|runUntilStop|runFor|runUntilIdle|stepInstruction|readFile|writeFile|processes|descriptors|consoleOutput)\b/;
/** Machine code, assembled and run. */
const I386 = /\bi386\b/;
const EXPLORE = /\bexplore\s*\(/;

/** Its doors, and code that is added to it. */
const DOORS = /\b(?:x86|SYSCALL_DEFINE|systemCalls|kernelLog)\b/;

/** Whether a text may run programs on a machine: then the sandbox needs the kernel, not BPF alone. */
export function needsKernel(source: string): boolean {
  if (DOORS.test(source)) return true;
  return PROGRAMS.test(source) || METHODS.test(source) || I386.test(source) || EXPLORE.test(source);
}
