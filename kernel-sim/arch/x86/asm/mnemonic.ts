/** What an instruction's name says in AT&T syntax: its operation, and the size of its operands. */
import { FORMS } from "./forms.ts";

export interface Mnemonic {
  readonly name: string;
  /** 0 when the name says nothing. */
  readonly bits: number;
  /** For MOVZX and MOVSX: the size of the source. */
  readonly sourceBits: number;
}

const SUFFIXES: Readonly<Record<string, number>> = { b: 8, w: 16, l: 32 };
const EXTENSIONS = /^mov([sz])([bw])([wl])$/;

/** Splits a name, or answers undefined when no instruction is called so. */
export function attMnemonic(written: string): Mnemonic | undefined {
  const extension = EXTENSIONS.exec(written);
  if (extension !== null) {
    const [, sign, source, target] = extension;
    if (source !== target) {
      return {
        name: sign === "s" ? "movsx" : "movzx",
        bits: SUFFIXES[target!]!,
        sourceBits: SUFFIXES[source!]!,
      };
    }
  }
  if (written === "movsb" || written === "movsw" || written === "movsl") {
    return { name: written, bits: 0, sourceBits: 0 };
  }
  if (FORMS.has(written)) return { name: written, bits: 0, sourceBits: 0 };
  const name = written.slice(0, -1);
  const bits = SUFFIXES[written.slice(-1)];
  if (bits !== undefined && FORMS.has(name)) return { name, bits, sourceBits: 0 };
  return undefined;
}

/** Names that look alike in both syntaxes and are close to what was written, for a hint. */
export function similarMnemonic(written: string): string | undefined {
  for (const name of FORMS.keys()) {
    if (Math.abs(name.length - written.length) <= 1 && distance(name, written) === 1) return name;
  }
  return undefined;
}

/** 1 if one letter was added, left out, changed, or two were swapped; more otherwise. */
function distance(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const restA = a.slice(i);
  const restB = b.slice(i);
  if (restA === restB) return 0;
  const isOneEdit =
    restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
  const isSwap =
    restA.length > 1 &&
    restA[0] === restB[1] &&
    restA[1] === restB[0] &&
    restA.slice(2) === restB.slice(2);
  return isOneEdit || isSwap ? 1 : 2;
}
