import type { EntryMoment } from "../api-kernel.ts";
import { assemble } from "../arch/x86/asm/assembler.ts";
import type { ElfImage } from "../arch/x86/asm/elf.ts";
import { link } from "../arch/x86/asm/link.ts";
import { listSection } from "../arch/x86/asm/objdump.ts";
import type { Cpu } from "../arch/x86/cpu.ts";
import { invariant } from "../hw/simulator-bug.ts";
import { processorRegisters } from "./registers.ts";

/** One step as cells see it, with the registers behind it. */
export function moment(
  cpu: Cpu,
  kind: string,
  text: string,
  fields: Readonly<Record<string, number | string | boolean>>,
): EntryMoment {
  return Object.freeze({
    kind,
    text,
    fields: Object.freeze({ ...fields }),
    registers: processorRegisters(cpu),
  });
}

/** Code of ours, at `base`. */
export function image(source: string, base: number): ElfImage {
  const assembled = assemble(source);
  invariant(assembled.kind === "assembled", "the entry code does not assemble");
  const linked = link([assembled.object], { base });
  invariant(linked.kind === "linked", "the entry code does not link");
  return linked.image;
}

export function addressIn({ symbols }: ElfImage, name: string): number {
  const symbol = symbols.find((known) => known.name === name);
  invariant(symbol !== undefined, `the entry code has no ${name}`);
  return symbol.value;
}

/** Each instruction's text by its address. */
export function listing(...images: readonly ElfImage[]): ReadonlyMap<number, string> {
  const texts = new Map<number, string>();
  for (const loaded of images) {
    for (const section of loaded.sections) {
      if (!section.isExecutable) continue;
      for (const { address, text } of listSection(loaded, section)) texts.set(address, text);
    }
  }
  return texts;
}
