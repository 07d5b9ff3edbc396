/** Programs are generator functions; what starts them or looks at them has these names. */
const PROGRAMS = /\bfunction\s*\*|\*\s*[\w$]+\s*\(\s*sys\b/;
const METHODS =
  /\.\s*(?:spawn|install|terminal|console|kernel|past|runUntilStop|runFor|runUntilIdle|stepInstruction|readFile|writeFile|processes|descriptors|consoleOutput)\b/;
/** Machine code, assembled and run. */
const I386 = /\bi386\b/;
const EXPLORE = /\bexplore\s*\(/;

/** Whether a text may run programs on a machine: then the sandbox needs the kernel, not BPF alone. */
export function needsKernel(source: string): boolean {
  return PROGRAMS.test(source) || METHODS.test(source) || I386.test(source) || EXPLORE.test(source);
}
