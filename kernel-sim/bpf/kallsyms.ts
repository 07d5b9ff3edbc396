/**
 * The kernel's symbols: its functions, and what BPF has made.
 *
 * @linux kernel/kallsyms.c (6.18)
 * @simplified the kernel is built without CONFIG_KALLSYMS_ALL, as many are: no variables. Its functions are those that programs can
 * be attached to or call, each of 64 bytes.
 */
import { addressOf, addressOfOther, functionNames } from "../trace/kernel-functions.ts";
import { kernelDeclarations } from "./btf/kernel-declarations.ts";
import { BTF_KIND_FUNC } from "./btf/kinds.ts";
import { btfVmlinux } from "./btf/vmlinux.ts";
import type { BpfKsyms } from "./ksyms.ts";

export interface KernelSymbol {
  /** As a number with a sign. */
  readonly address: number;
  /** As nm(1) writes it: `T` for a function that others can call, `t` for one that they cannot. */
  readonly type: string;
  readonly name: string;
  /** "": the kernel itself. */
  readonly module: string;
}

/** Where somebody is who goes over all of them. @linux include/linux/kallsyms.h `struct kallsym_iter` (6.18) */
export interface KallsymIter {
  pos: number;
  symbol: KernelSymbol | undefined;
  readonly showValue: boolean;
}

/** What has a name at an address, and how far behind its start that is. */
interface FoundSymbol {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

export class Kallsyms {
  readonly #ksyms: BpfKsyms;
  #own: readonly KernelSymbol[] | undefined;
  #addresses: ReadonlyMap<string, number> | undefined;

  constructor(ksyms: BpfKsyms) {
    this.#ksyms = ksyms;
  }

  /** The kernel's own by their addresses, behind them those of BPF. @param withBpf `net.core.bpf_jit_kallsyms` */
  *all(withBpf: boolean): Generator<KernelSymbol> {
    yield* this.#functions();
    if (!withBpf) return;
    for (const { name, start } of this.#ksyms.all()) {
      yield { address: start, type: "t", name, module: "bpf" };
    }
  }

  /** undefined: the kernel has no such function. @linux kernel/kallsyms.c `kallsyms_lookup_name` (6.18) */
  lookupName(name: string): number | undefined {
    this.#addresses ??= new Map(this.#functions().map((each) => [each.name, each.address]));
    return this.#addresses.get(name);
  }

  /** @linux kernel/kallsyms.c `kallsyms_lookup_buildid` (6.18) */
  lookup(address: number): FoundSymbol | undefined {
    const made = this.#ksyms.at(address);
    if (made !== undefined) {
      return { name: made.name, offset: address - made.start, bytes: made.bytes };
    }
    const functions = this.#functions();
    let [from, to] = [0, functions.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (functions[middle]!.address <= address) from = middle + 1;
      else to = middle;
    }
    const found = functions[from - 1];
    if (found === undefined) return undefined;
    // As there, a symbol goes on to the next one.
    const end = functions[from]?.address ?? found.address + FUNCTION_BYTES;
    if (address >= end) return undefined;
    const { name, address: start } = found;
    return { name, offset: address - start, bytes: end - start };
  }

  #functions(): readonly KernelSymbol[] {
    this.#own ??= ownFunctions();
    return this.#own;
  }
}

const FUNCTION_BYTES = 64;

function ownFunctions(): readonly KernelSymbol[] {
  const places = new Map<string, number>();
  for (const name of functionNames()) places.set(name, addressOf(name));
  const btf = btfVmlinux();
  const { staticFunctions } = kernelDeclarations();
  for (let id = 1; id < btf.nrTypes; id++) {
    const type = btf.typeById(id)!;
    if (type.kind !== BTF_KIND_FUNC) continue;
    const name = btf.nameOf(type);
    if (!places.has(name)) places.set(name, addressOfOther(id));
  }
  return [...places]
    .map(([name, address]) => ({
      ...{ address, name, module: "" },
      type: staticFunctions.has(name) ? "t" : "T",
    }))
    .sort((a, b) => a.address - b.address);
}

/**
 * An address as `%pS`, `%ps` and `%pB` print it.
 *
 * @linux kernel/kallsyms.c `__sprint_symbol` (6.18)
 */
export function symbolText(symbols: Kallsyms, address: bigint, conversion: string): string {
  const whole = Number(BigInt.asIntN(64, address));
  // Where a call returns to is looked up by the call.
  const back = conversion === "pB" ? 1 : 0;
  const found = symbols.lookup(whole - back);
  if (found === undefined) return `0x${BigInt.asUintN(64, address).toString(16)}`;
  const { name, offset, bytes } = found;
  if (conversion === "ps") return name;
  return `${name}+0x${(offset + back).toString(16)}/0x${bytes.toString(16)}`;
}
