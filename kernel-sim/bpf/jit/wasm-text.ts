/** WebAssembly's text form of what the JIT writes. @spec WebAssembly Core 2.0 §6 */
import type { FunctionWriter } from "./function-writer.ts";
import { I64_TRUNC_SAT_F64_S, WASM } from "./wasm-opcodes.ts";

/** The name of a function of the module by its number. */
export type FunctionNames = (index: number) => string;

/** `i64.load32_u` and the like, from the constants' own names. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(WASM).map(([name, op]) => [op, textOfName(name)]),
);

function textOfName(name: string): string {
  const isTyped = /^(I32|I64|LOCAL)_/.test(name);
  const text = name.toLowerCase();
  return isTyped ? text.replace("_", ".") : text;
}

/** The instructions between two places of a function, one a line. */
export function wasmText(
  writer: FunctionWriter,
  from: number,
  to: number,
  names: FunctionNames,
): string[] {
  const reader = new Reader(writer.out.bytes, from);
  const lines: string[] = [];
  while (reader.at < to) lines.push(instruction(reader, writer, names));
  return lines;
}

class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  u32(): number {
    return Number(this.#leb().value);
  }

  signed(): bigint {
    const { value, bits } = this.#leb();
    return BigInt.asIntN(bits, value);
  }

  #leb(): { readonly value: bigint; readonly bits: number } {
    let value = 0n;
    let bits = 0;
    for (let byte = 0x80; byte >= 0x80; bits += 7) {
      byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(bits);
    }
    return { value, bits };
  }
}

function instruction(reader: Reader, writer: FunctionWriter, names: FunctionNames): string {
  const op = reader.byte();
  const name = NAMES.get(op)!;
  switch (op) {
    case WASM.BLOCK:
    case WASM.LOOP:
    case WASM.IF:
      return name + resultText(reader.byte());
    case WASM.BR:
    case WASM.BR_IF:
      return `${name} ${reader.u32()}`;
    case WASM.BR_TABLE:
      return [name, ...Array.from({ length: reader.u32() + 1 }, () => reader.u32())].join(" ");
    case WASM.CALL:
      return `${name} $${names(reader.u32())}`;
    case WASM.CALL_INDIRECT:
      reader.u32();
      reader.u32();
      return name;
    case WASM.LOCAL_GET:
    case WASM.LOCAL_SET:
    case WASM.LOCAL_TEE:
      return `${name} $${writer.nameOf(reader.u32())}`;
    case WASM.I32_CONST:
    case WASM.I64_CONST:
      return `${name} ${reader.signed()}`;
    case WASM.PREFIX:
      return reader.u32() === I64_TRUNC_SAT_F64_S ? "i64.trunc_sat_f64_s" : name;
    default:
      return op >= WASM.I32_LOAD && op <= WASM.I64_STORE32 ? name + placeText(reader) : name;
  }
}

function placeText(reader: Reader): string {
  reader.u32();
  const offset = reader.u32();
  return offset === 0 ? "" : ` offset=${offset}`;
}

function resultText(type: number): string {
  if (type === 0x7f) return " (result i32)";
  return type === 0x7e ? " (result i64)" : "";
}
