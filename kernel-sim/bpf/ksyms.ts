import type { LoadedProgram } from "./program.ts";

/** A name for code that BPF has made. @linux include/linux/bpf.h `struct bpf_ksym` (6.18) */
export interface BpfKsym {
  readonly name: string;
  /** The address, as a number with a sign. */
  readonly start: number;
  readonly bytes: number;
}

/** Where modules and programs lie. @linux arch/x86/include/asm/pgtable_64_types.h `MODULES_VADDR` (6.18) */
const START = -0x4000_0000;
/** Programs share pages, in pieces of so many bytes. @linux kernel/bpf/core.c `BPF_PROG_CHUNK_SIZE` (6.18) */
const CHUNK_BYTES = 64;
export const INSN_BYTES = 8;
const PAGE_BYTES = 4096;

/**
 * The names of programs and of what calls them, in the order in which they came.
 *
 * @linux kernel/bpf/core.c `bpf_kallsyms` (6.18)
 * @simplified compiled programs are WebAssembly and lie nowhere in the kernel's memory: each function has the addresses of as many
 * bytes as its instructions of BPF, which nobody else ever gets
 */
export class BpfKsyms {
  readonly #symbols = new Set<BpfKsym>();
  readonly #ofPrograms = new Map<LoadedProgram, readonly BpfKsym[]>();
  readonly #trampolines = new Map<bigint, { symbol: BpfKsym; users: number }>();
  #next = START;

  all(): Iterable<BpfKsym> {
    return this.#symbols;
  }

  at(address: number): BpfKsym | undefined {
    for (const symbol of this.#symbols) {
      if (address >= symbol.start && address < symbol.start + symbol.bytes) return symbol;
    }
    return undefined;
  }

  /** The functions of a program, in the order in which they stand in it; none: it has no names. */
  ofProgram(prog: LoadedProgram): readonly BpfKsym[] {
    return this.#ofPrograms.get(prog) ?? [];
  }

  /** Its functions come before the program itself. @linux kernel/bpf/verifier.c `jit_subprogs` (6.18) */
  addProgram(prog: LoadedProgram): void {
    const { functions, tag: whole } = prog.origin;
    const symbols = functions.map(({ tag, insns }, i) => ({
      name: programName(prog, i === 0 ? whole : tag, i),
      ...this.#place(Math.max(insns, 1) * INSN_BYTES),
    }));
    this.#ofPrograms.set(prog, symbols);
    const [main, ...others] = symbols;
    for (const symbol of others) this.#symbols.add(symbol);
    if (main !== undefined) this.#symbols.add(main);
  }

  dropProgram(prog: LoadedProgram): void {
    for (const symbol of this.ofProgram(prog)) this.#symbols.delete(symbol);
    this.#ofPrograms.delete(prog);
  }

  /**
   * One more program hangs on a function.
   *
   * @param key which one it is (`bpf_trampoline_compute_key`)
   * @linux kernel/bpf/trampoline.c `bpf_trampoline_ksym_add` (6.18)
   */
  holdTrampoline(key: bigint): void {
    const known = this.#trampolines.get(key);
    if (known !== undefined) {
      known.users++;
      return;
    }
    const symbol = { name: `bpf_trampoline_${key}`, ...this.#place(PAGE_BYTES) };
    this.#trampolines.set(key, { symbol, users: 1 });
    this.#symbols.add(symbol);
  }

  releaseTrampoline(key: bigint): void {
    const known = this.#trampolines.get(key);
    if (known === undefined || --known.users > 0) return;
    this.#symbols.delete(known.symbol);
    this.#trampolines.delete(key);
  }

  #place(bytes: number): Pick<BpfKsym, "start" | "bytes"> {
    const start = this.#next;
    this.#next += Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
    return { start, bytes };
  }
}

/** @linux kernel/bpf/core.c `bpf_prog_ksym_set_name` (6.18) */
function programName({ name, origin }: LoadedProgram, tag: Uint8Array, index: number): string {
  const hex = [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const { btf, funcInfo } = origin;
  const record = funcInfo[index];
  const type = record && btf?.typeById(new DataView(record.buffer).getUint32(4, true));
  const own = type === undefined ? name : btf!.nameOf(type);
  return own === "" ? `bpf_prog_${hex}` : `bpf_prog_${hex}_${own}`;
}

/** Of a function of the kernel. @linux include/linux/bpf_verifier.h `bpf_trampoline_compute_key` (6.18) */
export function trampolineKey(btfObjectId: number, btfId: number): bigint {
  return (BigInt(btfObjectId) << 32n) | 0x8000_0000n | BigInt(btfId);
}
