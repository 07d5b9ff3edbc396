import * as cbpf from "./sock-filter.ts";
import { ancillaryOf, type SockFilter } from "./sock-filter.ts";

const ALU = ["add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "neg", "mod", "xor"];
const JUMPS = ["ja", "jeq", "jgt", "jge", "jset"];
const LOADS: Readonly<Record<number, string>> = {
  [cbpf.BPF_W]: "ld",
  [cbpf.BPF_H]: "ldh",
  [cbpf.BPF_B]: "ldb",
};

/** What is asked for beside the packet, as tcpdump calls it. */
const ANCILLARY: Readonly<Record<number, string>> = {
  [cbpf.SKF_AD_PROTOCOL]: "proto",
  [cbpf.SKF_AD_PKTTYPE]: "type",
  [cbpf.SKF_AD_IFINDEX]: "ifidx",
  [cbpf.SKF_AD_NLATTR]: "nla",
  [cbpf.SKF_AD_NLATTR_NEST]: "nlan",
  [cbpf.SKF_AD_MARK]: "mark",
  [cbpf.SKF_AD_QUEUE]: "queue",
  [cbpf.SKF_AD_HATYPE]: "hatype",
  [cbpf.SKF_AD_RXHASH]: "rxhash",
  [cbpf.SKF_AD_CPU]: "cpu",
  [cbpf.SKF_AD_ALU_XOR_X]: "xor_x",
  [cbpf.SKF_AD_VLAN_TAG]: "vlan_tci",
  [cbpf.SKF_AD_VLAN_TAG_PRESENT]: "vlanp",
  [cbpf.SKF_AD_PAY_OFFSET]: "poff",
  [cbpf.SKF_AD_RANDOM]: "random",
  [cbpf.SKF_AD_VLAN_TPID]: "vlan_tpid",
};

/**
 * A classic program as `tcpdump -d` prints it, a line an instruction; it has no words for `ldx #pktlen` and for what `ret A`
 * answers.
 */
export function classicText(filter: readonly SockFilter[]): string {
  return filter
    .map((insn, at) => `(${String(at).padStart(3, "0")}) ${lineOf(insn, at)}`)
    .join("\n");
}

function lineOf(insn: SockFilter, at: number): string {
  const { code, jt, jf } = insn;
  const isBranch = (code & 7) === cbpf.BPF_JMP && (code & 0xf0) !== cbpf.BPF_JA;
  const [name, operand] = partsOf(insn, at);
  const line = `${name.padEnd(8)} ${operand}`;
  if (!isBranch) return line;
  return `${line.padEnd(25)} jt ${at + jt + 1}\tjf ${at + jf + 1}`;
}

function partsOf(insn: SockFilter, at: number): readonly [name: string, operand: string] {
  const { code, k } = insn;
  const hex = `#0x${(k >>> 0).toString(16)}`;
  const decimal = k | 0;
  switch (code & 7) {
    case cbpf.BPF_LD:
      return loadParts(insn, hex);
    case cbpf.BPF_LDX:
      if ((code & 0xe0) === cbpf.BPF_MSH) return ["ldxb", `4*([${decimal}]&0xf)`];
      return ["ldx", placeOf(code, decimal, hex)];
    case cbpf.BPF_ST:
      return ["st", `M[${decimal}]`];
    case cbpf.BPF_STX:
      return ["stx", `M[${decimal}]`];
    case cbpf.BPF_ALU: {
      const name = ALU[code >> 4] ?? "?";
      if ((code & 0xf0) === cbpf.BPF_NEG) return [name, ""];
      const isBits = ["or", "and", "xor"].includes(name);
      return [name, (code & cbpf.BPF_X) !== 0 ? "x" : isBits ? hex : `#${decimal}`];
    }
    case cbpf.BPF_JMP: {
      const name = JUMPS[code >> 4] ?? "?";
      if ((code & 0xf0) === cbpf.BPF_JA) return [name, String((at + decimal + 1) | 0)];
      return [name, (code & cbpf.BPF_X) !== 0 ? "x" : hex];
    }
    case cbpf.BPF_RET:
      return ["ret", (code & 0x18) === cbpf.BPF_A ? "A" : `#${decimal}`];
    default:
      return [(code & 0xf8) === cbpf.BPF_TXA ? "txa" : "tax", ""];
  }
}

function loadParts(insn: SockFilter, hex: string): readonly [string, string] {
  const { code } = insn;
  const k = insn.k | 0;
  const mode = code & 0xe0;
  if (mode === cbpf.BPF_ABS) {
    const what = ancillaryOf(insn);
    return [LOADS[code & 0x18] ?? "ld", `[${what < 0 ? k : ANCILLARY[what]}]`];
  }
  if (mode === cbpf.BPF_IND) return [LOADS[code & 0x18] ?? "ld", `[x + ${k}]`];
  return ["ld", placeOf(code, k, hex)];
}

function placeOf(code: number, k: number, hex: string): string {
  switch (code & 0xe0) {
    case cbpf.BPF_LEN:
      return "#pktlen";
    case cbpf.BPF_MEM:
      return `M[${k}]`;
    default:
      return hex;
  }
}
