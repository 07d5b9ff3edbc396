import { writeInt } from "../bytes.ts";
import { type Form, type Forms, intOf, listOf, numberOf, type Target } from "./form.ts";

const SOCK_FILTER_BYTES = 8;
const SOCK_FPROG_BYTES = 16;

/** `struct sock_fprog`: a length and a pointer to instructions of classic BPF. */
const bpf: Form = (target, arg) => {
  const instructions = listOf(arg["bpf"]);
  const filter = new Uint8Array(instructions.length * SOCK_FILTER_BYTES);
  for (const [i, instruction] of instructions.entries()) {
    const [code, jt, jf, k] = listOf(instruction);
    const at = i * SOCK_FILTER_BYTES;
    writeInt(filter, at, "u16", intOf(target, code));
    writeInt(filter, at + 2, "u8", intOf(target, jt));
    writeInt(filter, at + 3, "u8", intOf(target, jf));
    writeInt(filter, at + 4, "u32", intOf(target, k));
  }
  return placeProgram(target, filter, numberOf(target, arg["len"], instructions.length));
};

function placeProgram(target: Target, filter: Uint8Array, len: number) {
  const program = new Uint8Array(SOCK_FPROG_BYTES);
  writeInt(program, 0, "u16", len);
  writeInt(program, 8, "u64", target.place(filter));
  return { value: target.place(program), size: SOCK_FPROG_BYTES, outs: [] };
}

export const BPF_FORMS: Forms = { bpf };
