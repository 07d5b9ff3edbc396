import type { Insn, Program } from "../api.ts";
import { facade } from "../facade/facade.ts";
import { disassembleInsn } from "./disasm.ts";
import { isKfuncCall } from "./isa.ts";
import { BPF_FUNC_NAMES } from "./uapi.ts";
import { kfuncById, kfuncIdByName } from "./verifier/kfunc-call.ts";
import { kernelFunctionName } from "./xlate/kernel-functions.ts";

const WIDE_LOAD = 0x18;
export const INSN_BYTES = 8;

/** A program before it is loaded, as a frozen facade. */
export function makeProgram(insns: readonly Insn[], mapNames: readonly string[]): Program {
  const slots = Object.freeze(insns.map((insn) => Object.freeze({ ...insn })));
  const names = Object.freeze([...mapNames]);
  return facade({
    insns: slots,
    mapNames: names,
    bytes: () => encode(slots),
    text: () => textOf(slots, names),
  });
}

/** 8 bytes a slot. @spec RFC 9669 §3 */
export function encode(insns: readonly Insn[]): Uint8Array {
  const bytes = new Uint8Array(insns.length * INSN_BYTES);
  const view = new DataView(bytes.buffer);
  insns.forEach(({ code, dstReg, srcReg, off, imm }, slot) => {
    const at = slot * INSN_BYTES;
    view.setUint8(at, code);
    view.setUint8(at + 1, dstReg | (srcReg << 4));
    view.setInt16(at + 2, off, true);
    view.setInt32(at + 4, imm, true);
  });
  return bytes;
}

export function decode(bytes: Uint8Array): Insn[] {
  if (bytes.length % INSN_BYTES !== 0) {
    throw new RangeError(`a program has 8 bytes a slot, not ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const insns: Insn[] = [];
  for (let at = 0; at < bytes.length; at += INSN_BYTES) {
    const registers = view.getUint8(at + 1);
    insns.push({
      code: view.getUint8(at),
      dstReg: registers & 15,
      srcReg: registers >> 4,
      off: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    });
  }
  return insns;
}

/** The program in a form that assembles to the same bytes, one instruction a line. */
export function textOf(insns: readonly Insn[], mapNames: readonly string[] = []): string {
  return textsOf(insns, mapNames)
    .filter((text) => text !== "")
    .join("\n");
}

/** The text of each slot, "" for the second one of a wide load. */
export function textsOf(insns: readonly Insn[], mapNames: readonly string[] = []): string[] {
  const texts: string[] = [];
  for (let slot = 0; slot < insns.length; slot++) {
    const isWide = insns[slot]!.code === WIDE_LOAD;
    texts.push(isWide ? wideLoad(insns, slot, mapNames) : plainText(insns, slot));
    if (!isWide) continue;
    texts.push("");
    slot++;
  }
  return texts;
}

/** Of a function that programs may call, or that the kernel has put into its place. */
function kfuncName(number: number): string | undefined {
  return kernelFunctionName(number) ?? kfuncById(number)?.name;
}

function plainText(insns: readonly Insn[], slot: number): string {
  const insn = insns[slot]!;
  const kfunc = isKfuncCall(insn) && insn.off === 0 ? kfuncName(insn.imm) : undefined;
  return kfunc === undefined ? disassembleInsn(insns, slot) : `call ${kfunc}#${insn.imm}`;
}

/** Where the verifier's log shows the number that stands there, a program names the map. */
function wideLoad(insns: readonly Insn[], slot: number, mapNames: readonly string[]): string {
  const insn = insns[slot]!;
  const name = mapNames[insn.imm] ?? String(insn.imm);
  const offset = insns[slot + 1]?.imm ?? 0;
  switch (insn.srcReg) {
    case 1:
    case 5:
      return `r${insn.dstReg} = map[${name}]`;
    case 2:
    case 6:
      return `r${insn.dstReg} = map_value[${name}]${offset < 0 ? offset : `+${offset}`}`;
    default:
      return `${disassembleInsn(insns, slot)} ll`;
  }
}

/** The number of a helper by the name that the kernel prints. */
export function helperNumber(name: string): number | undefined {
  if (!name.startsWith("bpf_")) return undefined;
  const id = BPF_FUNC_NAMES.indexOf(name.slice(4));
  return id > 0 ? id : undefined;
}

/** The number of a function of the kernel; of names that are helpers, too, the helper is meant. */
export function kfuncNumber(name: string): number | undefined {
  const mayBe = name.startsWith("bpf_") && helperNumber(name) === undefined;
  return mayBe ? kfuncIdByName(name) : undefined;
}

/** A helper whose name is at most three letters away, or has `bpf_` in front. */
export function similarHelper(name: string): string | undefined {
  const plain = name.replace(/^bpf_/, "");
  if (plain === "unspec") return undefined;
  let best: string | undefined;
  let distance = 4;
  for (const candidate of BPF_FUNC_NAMES.slice(1)) {
    const letters = editDistance(plain, candidate, distance);
    if (letters < distance) [best, distance] = [candidate, letters];
  }
  return best === undefined || distance > plain.length / 3 ? undefined : `bpf_${best}`;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + change));
    }
    row = next;
  }
  return row[b.length]!;
}
