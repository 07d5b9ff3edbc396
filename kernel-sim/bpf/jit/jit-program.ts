import type { BpfKernel } from "../kernel.ts";
import type { CompiledProgram } from "./compile.ts";
import { type MachineCode, machineFunction } from "./machine-functions.ts";

/** A compiled program in one machine, ready to run. */
export class JitProgram {
  /** One run with a context, in a frame that is as it is; answers the low word of R0. */
  readonly main: (context: number, frame: number) => number;
  /** As often as it says, each time in a frame of zeros; only for programs that always return. */
  readonly repeated: (context: number, frame: number, repeat: number) => number;
  /** Goes on behind an exception, whose value is the first argument; undefined: nothing catches it. */
  readonly caught: ((frame: number) => number) | undefined;
  readonly mayTailCall: boolean;
  readonly mayThrow: boolean;

  constructor(kernel: BpfKernel, compiled: CompiledProgram) {
    const machine: Record<string, WebAssembly.Memory | MachineCode> = {
      memory: kernel.memory.shared,
    };
    for (const [i, wanted] of compiled.imports.entries()) {
      machine[`f${i}`] = machineFunction(kernel, wanted, compiled.callbacks);
    }
    const module = new WebAssembly.Module(compiled.bytes);
    const { exports } = new WebAssembly.Instance(module, { machine });
    this.main = exports["main"] as JitProgram["main"];
    this.repeated = exports["repeated"] as JitProgram["repeated"];
    this.caught = exports["caught"] as JitProgram["caught"];
    this.mayTailCall = compiled.mayTailCall;
    this.mayThrow = compiled.mayThrow;
  }
}

/** What a program throws, on its way out of its functions. */
export class BpfException {
  readonly low: number;
  readonly high: number;

  constructor(low: number, high: number) {
    this.low = low;
    this.high = high;
  }
}
