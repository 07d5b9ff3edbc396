/** Accesses to sockets. @linux net/core/filter.c `bpf_sock_convert_ctx_access`, `bpf_tcp_sock_convert_ctx_access` (6.18) */
import type { Insn } from "../../api.ts";
import {
  baseType,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
} from "../verifier/reg-type.ts";
import * as i from "./insns.ts";

type Fields = Readonly<Record<number, readonly [off: number, size: number]>>;

/** Fields of `struct bpf_sock` in `struct sock`. */
const SOCK_FIELDS: Fields = {
  ...{ 0: [20, 4], 4: [16, 2], 8: [534, 2], 12: [532, 2], 16: [524, 4], 20: [520, 4] },
  ...{ 24: [4, 4], 28: [72, 4], 32: [76, 4], 36: [80, 4], 40: [84, 4], 44: [14, 2] },
  ...{ 48: [12, 2], 52: [0, 4], 56: [56, 4], 60: [60, 4], 64: [64, 4], 68: [68, 4] },
  ...{ 72: [18, 1], 76: [122, 2] },
};

/** Fields of `struct bpf_tcp_sock` in `struct tcp_sock`. */
const TCP_SOCK_FIELDS: Fields = {
  ...{ 0: [1444, 4], 4: [1680, 4], 8: [1500, 4], 12: [1492, 4], 16: [1664, 4], 20: [1668, 4] },
  ...{ 24: [1672, 4], 28: [1440, 4], 32: [1640, 1], 36: [1780, 4], 40: [1784, 4] },
  ...{ 44: [1684, 4], 48: [1480, 4], 52: [2200, 4], 56: [1760, 4], 60: [1764, 4] },
  ...{ 64: [1536, 4], 68: [1540, 4], 72: [1452, 4], 76: [1456, 4], 80: [1752, 8] },
  ...{ 88: [1824, 8], 96: [1864, 4], 100: [1692, 4], 104: [1696, 4], 108: [1249, 1] },
};

const LOADS: Readonly<Record<number, number>> = { 1: i.B, 2: i.H, 4: i.W, 8: i.DW };
const SIZES: Readonly<Record<number, number>> = { 0: 4, 8: 2, 16: 1, 24: 8 };
const RX_QUEUE = 76;
const NO_QUEUE_MAPPING = 0xffff;

/** Undefined: it is no access to a socket. */
export function convertSockAccess(ptrType: number, insn: Insn): readonly Insn[] | undefined {
  if ((insn.code & 7) !== 1) return undefined;
  const { dstReg: dst, srcReg: src, off } = insn;
  const isTcp = baseType(ptrType) === PTR_TO_TCP_SOCK;
  const isSock = ptrType === PTR_TO_SOCKET || ptrType === PTR_TO_SOCK_COMMON;
  if (!isTcp && !isSock) return undefined;
  const start = isTcp ? off : off & ~3;
  const field = (isTcp ? TCP_SOCK_FIELDS : SOCK_FIELDS)[start];
  if (field === undefined) return undefined;
  const insns = [i.load(LOADS[field[1]]!, dst, src, field[0])];
  if (isSock && start === RX_QUEUE) {
    insns.push(i.jumpImm(i.JNE, dst, NO_QUEUE_MAPPING, 1), i.aluImm(i.MOV, dst, -1));
  }
  const size = SIZES[insn.code & 0x18]!;
  if (isTcp || size >= field[1]) return insns;
  if (off > start) insns.push(i.aluImm(i.RSH, dst, (off - start) * 8, false));
  insns.push(i.aluImm(i.AND, dst, 2 ** (size * 8) - 1, false));
  return insns;
}
