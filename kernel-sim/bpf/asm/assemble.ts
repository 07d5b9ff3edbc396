import type { Insn } from "../../api.ts";
import { type AsmNames, type Parsed, parseStatement, type Target, takeLabel } from "./parser.ts";
import { type Statement, statementsOf, syntaxError, type Token } from "./source-text.ts";

/** An assembled program: one entry a slot, and the maps it names by their index in `imm`. */
export interface Assembled {
  readonly insns: readonly Insn[];
  readonly mapNames: readonly string[];
}

/**
 * Assembles texts, with finished instructions between them where there are some; labels hold for
 * all. Throws a SyntaxError that names line (of its text), column and remedy.
 */
export function assemble(
  pieces: readonly (string | readonly Insn[])[],
  names: AsmNames,
): Assembled {
  const labels = new Map<string, { readonly token: Token; readonly slot: number }>();
  const parts: { readonly parsed: Parsed; readonly slot: number }[] = [];
  let slot = 0;
  const place = (parsed: Parsed) => {
    parts.push({ parsed, slot });
    slot += parsed.insns.length;
  };
  for (const piece of pieces) {
    if (typeof piece !== "string") place({ line: 1, column: 1, insns: piece });
    else for (const statement of statementsOf(piece)) placeStatement(statement);
  }
  const maps = new Map<string, number>();
  const insns: Insn[] = [];
  for (const { parsed, slot: at } of parts) {
    const [first, ...rest] = parsed.insns;
    if (first !== undefined) insns.push(completed(first, parsed, at), ...rest);
  }
  return { insns, mapNames: [...maps.keys()] };

  function placeStatement(statement: Statement): void {
    const [label, rest] = takeLabel(statement);
    if (label !== undefined) {
      const earlier = labels.get(label.text);
      if (earlier !== undefined) {
        const where = `stands in line ${earlier.token.line} already`;
        throw syntaxError(label, `the label \`${label.text}\` ${where}`);
      }
      labels.set(label.text, { token: label, slot });
    }
    if (rest.length > 1) place(parseStatement(rest, names));
  }

  function completed(insn: Insn, parsed: Parsed, at: number): Insn {
    if (parsed.map !== undefined) return { ...insn, imm: mapIndex(parsed.map) };
    if (parsed.target === undefined) return insn;
    const distance = distanceOf(parsed.target, at);
    if (isDistanceInImm(insn)) return { ...insn, imm: distance };
    if (distance < -0x8000 || distance > 0x7fff) {
      throw syntaxError(
        parsed,
        `the jump goes over ${distance} slots, more than 16 bits hold: use gotol`,
      );
    }
    return { ...insn, off: distance };
  }

  function mapIndex(name: string): number {
    const known = maps.get(name);
    if (known !== undefined) return known;
    maps.set(name, maps.size);
    return maps.size - 1;
  }

  function distanceOf(target: Target, at: number): number {
    if ("distance" in target) return target.distance;
    const { label } = target;
    const place = labels.get(label.text);
    if (place !== undefined) return place.slot - at - 1;
    const similar = names.similarHelper(label.text);
    const remedy =
      similar === undefined
        ? `write \`${label.text}:\` in front of its target`
        : `is it ${similar}?`;
    throw syntaxError(label, `there is no label \`${label.text}\`: ${remedy}`);
  }
}

/** gotol, calls between functions and addresses of functions have 32 bits for the distance. */
function isDistanceInImm({ code }: Insn): boolean {
  return code === 0x06 || code === 0x85 || code === 0x18;
}
