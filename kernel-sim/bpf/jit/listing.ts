import type { BpfKernel } from "../kernel.ts";
import { SLOT_WORDS } from "../predecode.ts";
import type { LoadedProgram } from "../program.ts";
import { BPF_FUNC_NAMES } from "../uapi.ts";
import type { CodeListener } from "./compile-function.ts";
import type { FunctionWriter } from "./function-writer.ts";
import type { MachineFunction } from "./module-indexes.ts";
import { wasmText } from "./wasm-text.ts";

/** What was written for an instruction. */
interface Part {
  readonly slot: number;
  readonly writer: FunctionWriter;
  readonly from: number;
  to: number;
}

/**
 * What a program is compiled to, by slot: the instructions of WebAssembly, one a line. undefined: it
 * cannot be compiled. Blocks and loops stand with what comes first in them, their ends and branches
 * with what comes before.
 */
export function jitListing(
  kernel: BpfKernel,
  prog: LoadedProgram,
): readonly (readonly string[])[] | undefined {
  const recorder = new CodeRecorder();
  const compiled = kernel.jit.compile(prog, recorder);
  if (compiled === undefined) return undefined;
  const lines: string[][] = Array.from({ length: prog.code.length / SLOT_WORDS }, () => []);
  const names = (index: number) => functionName(compiled.imports, index);
  for (const { slot, writer, from, to } of recorder.parts) {
    lines[slot]!.push(...wasmText(writer, from, to, names));
  }
  return lines.slice(0, prog.runInsns.length);
}

class CodeRecorder implements CodeListener {
  readonly parts: Part[] = [];
  #isOpen = false;

  at(slot: number, writer: FunctionWriter): void {
    // What is written before the first instruction belongs to it.
    const from = this.#isOpen ? writer.out.length : 0;
    this.#close(writer);
    this.parts.push({ slot, writer, from, to: from });
    this.#isOpen = true;
  }

  done(writer: FunctionWriter): void {
    this.#close(writer);
    this.#isOpen = false;
  }

  #close({ out }: FunctionWriter): void {
    const last = this.parts.at(-1);
    if (this.#isOpen && last !== undefined) last.to = out.length;
  }
}

/** Of the machine's functions what they do, of the module's own their number. */
function functionName(imports: readonly MachineFunction[], index: number): string {
  const imported = imports[index];
  if (imported === undefined) return `f${index}`;
  if (imported.kind === "helper" || imported.kind === "begin") {
    return `bpf_${BPF_FUNC_NAMES[imported.id] ?? imported.id}`;
  }
  return imported.kind.replaceAll("-", "_");
}
