/**
 * The simulator without BPF and without the kernel that runs programs, which a Worker loads only when they are needed:
 * what `notebook/runtime` takes of `index.ts`, for the bundle of the Worker alone. Types are those of `index.ts`.
 */

export { bpfGlobals } from "./facade/bpf-global.ts";
export { explore } from "./facade/explore-global.ts";
export { i386 } from "./facade/i386-global.ts";
export { terminalPort } from "./facade/kernel-part.ts";
export { boot } from "./facade/machine.ts";
export { installParts } from "./facade/parts.ts";
export { SYSCALL_DEFINE, x86 } from "./facade/x86-global.ts";
export { constants } from "./globals.ts";
export { kernelPrototypes } from "./harden.ts";
export { MachineStop } from "./user/machine-stop.ts";
