import type { BpfToolkit, Insn, Program } from "../api.ts";
import { assemble } from "../bpf/asm/assemble.ts";
import { insnBuilders } from "../bpf/builder.ts";
import {
  decode,
  helperNumber,
  kfuncNumber,
  makeProgram,
  similarHelper,
  textOf,
} from "../bpf/program-text.ts";
import { tnumOps } from "../bpf/tnum.ts";
import { classic } from "./classic.ts";

const names = Object.freeze({ helper: helperNumber, kfunc: kfuncNumber, similarHelper });

function asm(
  text: TemplateStringsArray | string,
  ...values: readonly (number | bigint | string)[]
): Program {
  const source =
    typeof text === "string"
      ? text
      : text.reduce((joined, part, i) => `${joined}${String(values[i - 1])}${part}`);
  const { insns, mapNames } = assemble([source], names);
  return makeProgram(insns, mapNames);
}

/** Strings are labels (`out:`) or instructions in text, which may jump to labels. */
function program(...parts: readonly (Insn | readonly Insn[] | string)[]): Program {
  const pieces = parts.map((part) =>
    typeof part === "string"
      ? part
      : Array.isArray(part)
        ? (part as readonly Insn[])
        : [part as Insn],
  );
  const { insns, mapNames } = assemble(pieces, names);
  return makeProgram(insns, mapNames);
}

function disassemble(given: Program | Uint8Array): string {
  return given instanceof Uint8Array ? textOf(decode(given)) : textOf(given.insns, given.mapNames);
}

/** The global `bpf` of every cell. */
export const bpf: BpfToolkit = Object.freeze({
  asm,
  program,
  disassemble,
  insn: insnBuilders,
  tnum: tnumOps,
  classic,
});
