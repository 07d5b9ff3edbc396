/**
 * Giving fragments their places: jumps begin short and grow until each reaches its target, gaps
 * are filled to what they align to.
 */
import type { Assembler } from "./assembler.ts";
import { MOST_BYTES } from "./directives.ts";
import { evaluate, type Lookup } from "./expression.ts";
import type { AsmError } from "./problem.ts";
import { type Fragment, type FragmentEnd, nops, type Section } from "./section.ts";

/** Settles all lengths; what is left over are fixups. */
export function layOut(assembler: Assembler): AsmError[] {
  placeCommons(assembler);
  const errors: AsmError[] = [];
  const lookup = sectionLookup(assembler);
  for (const section of assembler.sections) {
    // The first pass finds where everything would be with short jumps alone.
    place(section, lookup, assembler, errors, false);
    for (let isSettled = false; !isSettled; ) {
      isSettled = place(section, lookup, assembler, errors, true);
    }
    for (const fragment of section.fragments) write(fragment);
  }
  return errors;
}

function placeCommons(assembler: Assembler): void {
  const bss = assembler.sectionNamed(".bss");
  for (const [name, { size, alignment }] of assembler.commons) {
    if (assembler.symbols.has(name)) continue;
    bss.alignment = Math.max(bss.alignment, alignment);
    bss.endFragment({ kind: "align", bytes: alignment, fill: 0, most: undefined, isCode: false });
    const fragment = bss.last;
    assembler.symbols.set(name, { kind: "label", fragment, offset: fragment.bytes.length });
    for (let i = 0; i < size; i++) fragment.bytes.push(0);
  }
}

/** Symbols as places in their sections: the distance between two of one section is known. */
export function sectionLookup(assembler: Assembler): Lookup {
  let depth = 0;
  const lookup: Lookup = (name) => {
    const symbol = assembler.symbols.get(name);
    if (symbol === undefined) return undefined;
    if (symbol.kind === "label") {
      const { fragment, offset } = symbol;
      return { symbol: `#${fragment.section.name}`, value: fragment.address + offset };
    }
    // `.set a, b` and `.set b, a` would go on for ever.
    if (depth > 32) return undefined;
    depth++;
    const value = evaluate(symbol.value, lookup);
    depth--;
    return value;
  };
  return lookup;
}

/** One pass; answers whether nothing has moved and no jump has grown. */
function place(
  section: Section,
  lookup: Lookup,
  assembler: Assembler,
  errors: AsmError[],
  mayGrow: boolean,
): boolean {
  let address = 0;
  let isSettled = true;
  for (const fragment of section.fragments) {
    if (fragment.address !== address) isSettled = false;
    fragment.address = address;
    address += fragment.bytes.length;
    const length = endLength(fragment, address, lookup, assembler, errors, mayGrow);
    if (length !== fragment.endLength) isSettled = false;
    fragment.endLength = length;
    address += length;
  }
  return isSettled || errors.length > 0;
}

function endLength(
  fragment: Fragment,
  address: number,
  lookup: Lookup,
  _assembler: Assembler,
  errors: AsmError[],
  mayGrow: boolean,
): number {
  const { end } = fragment;
  switch (end.kind) {
    case "none":
      return 0;
    case "align": {
      const gap = (end.bytes - (address % end.bytes)) % end.bytes;
      return end.most !== undefined && gap > end.most ? 0 : gap;
    }
    case "org": {
      if (!mayGrow) return 0;
      const to = evaluate(end.to, lookup);
      const isHere = to?.symbol === undefined || to.symbol === `#${fragment.section.name}`;
      const gap = to === undefined || !isHere ? -1 : to.value - address;
      if (gap >= 0 && gap <= MOST_BYTES) return gap;
      const message = ".org cannot go back, nor elsewhere, nor far ahead";
      errors.push({ line: end.line, column: 1, message });
      return 0;
    }
    case "jump":
      if (mayGrow && !end.isLong) end.isLong = !reaches(fragment, end, address, lookup);
      return end.isLong ? (end.opcode === 0xeb ? 5 : 6) : 2;
  }
}

/** Whether 8 bits are enough. */
function reaches(
  fragment: Fragment,
  end: FragmentEnd & { kind: "jump" },
  address: number,
  lookup: Lookup,
): boolean {
  const target = evaluate(end.target, lookup);
  if (target?.symbol !== `#${fragment.section.name}`) return false;
  const distance = target.value - (address + 2);
  return distance >= -128 && distance <= 127;
}

/** Turns a fragment's end into bytes and fixups. */
function write(fragment: Fragment): void {
  const { end, bytes } = fragment;
  if (end.kind === "jump") {
    const { opcode, target, line, at, isLong } = end;
    if (!isLong) bytes.push(opcode);
    else if (opcode === 0xeb) bytes.push(0xe9);
    else bytes.push(0x0f, opcode + 0x10);
    fragment.fixups.push({
      ...{ offset: bytes.length, bytes: isLong ? 4 : 1, value: target },
      ...{ isRelative: true, isSigned: true, at, line },
    });
    for (let i = isLong ? 4 : 1; i > 0; i--) bytes.push(0);
  } else if (end.kind === "align") {
    const fills = end.isCode && end.fill === undefined;
    const gap = fills ? nops(fragment.endLength) : filled(fragment.endLength, end.fill ?? 0);
    bytes.push(...gap);
  } else if (end.kind === "org") {
    for (const byte of filled(fragment.endLength, end.fill)) bytes.push(byte);
  }
  fragment.end = { kind: "none" };
  fragment.endLength = 0;
}

function filled(length: number, byte: number): number[] {
  return Array.from({ length }, () => byte);
}
