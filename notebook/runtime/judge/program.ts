/** A BPF program made again from the bytes that came from the player. */

import { bpfGlobals, type Insn, type Program } from "#kernel-sim";

const SLOT_BYTES = 8;

/** Undefined when the bytes are no whole number of slots, or more than Linux takes. */
export function programFrom(bytes: Uint8Array, mapNames: readonly string[]): Program | undefined {
  if (bytes.length % SLOT_BYTES !== 0 || bytes.length / SLOT_BYTES > 1_000_000) return undefined;
  const own = bytes.slice();
  const insns: Insn[] = [];
  const view = new DataView(own.buffer);
  for (let at = 0; at < own.length; at += SLOT_BYTES) insns.push(insnAt(view, at));
  return Object.freeze({
    insns: Object.freeze(insns),
    mapNames: Object.freeze([...mapNames]),
    bytes: () => own.slice(),
    text: () => bpfGlobals().bpf.disassemble(own.slice()),
  });
}

/** @spec RFC 9669 §3 */
function insnAt(view: DataView, at: number): Insn {
  const registers = view.getUint8(at + 1);
  return Object.freeze({
    code: view.getUint8(at),
    dstReg: registers & 15,
    srcReg: registers >> 4,
    off: view.getInt16(at + 2, true),
    imm: view.getInt32(at + 4, true),
  });
}
