/** `struct bpf_sock`, `struct bpf_tcp_sock` and `struct bpf_xdp_sock`, as contexts and behind pointers. */
import * as i from "../insns.ts";
import {
  type CtxConversion,
  converted,
  field,
  type KernelFields,
  loadField,
  loadFrom,
  storeOf,
} from "./fields.ts";

const SOCK: KernelFields = {
  ...{ 0: field(4, 20), 4: field(2, 16), 8: field(2, 534), 12: field(2, 532) },
  ...{ 16: field(4, 524), 20: field(4, 520), 24: field(4, 4), 28: field(4, 72) },
  ...{ 32: field(4, 76), 36: field(4, 80), 40: field(4, 84), 44: field(2, 14) },
  ...{ 48: field(2, 12), 52: field(4, 0), 56: field(4, 56), 60: field(4, 60) },
  ...{ 64: field(4, 64), 68: field(4, 68), 72: field(1, 18), 76: field(2, 122) },
};
const RX_QUEUE_MAPPING = 76;
const NO_QUEUE_MAPPING = 0xffff;

/** `struct bpf_sock`. @linux net/core/filter.c `bpf_sock_convert_ctx_access` (6.18) */
export const sock: CtxConversion = {
  fieldSize: () => 4,
  load(insn, off) {
    const found = SOCK[off];
    if (found === undefined) return undefined;
    const { insns, targetSize } = loadField(insn, found);
    if (off !== RX_QUEUE_MAPPING) return { insns, targetSize };
    const { dstReg: dst } = insn;
    const none = [i.jumpImm(i.JNE, dst, NO_QUEUE_MAPPING, 1), i.aluImm(i.MOV, dst, -1)];
    return converted(targetSize, ...insns, ...none);
  },
  store(insn) {
    const { off, size } = SOCK[insn.off]!;
    return converted(size, storeOf(insn, size, insn.dstReg, off));
  },
};

const TCP_SOCK: KernelFields = {
  ...{ 0: field(4, 1444), 4: field(4, 1680), 8: field(4, 1500), 12: field(4, 1492) },
  ...{ 16: field(4, 1664), 20: field(4, 1668), 24: field(4, 1672), 28: field(4, 1440) },
  ...{ 32: field(1, 1640), 36: field(4, 1780), 40: field(4, 1784), 44: field(4, 1684) },
  ...{ 48: field(4, 1480), 52: field(4, 2200), 56: field(4, 1760), 60: field(4, 1764) },
  ...{ 64: field(4, 1536), 68: field(4, 1540), 72: field(4, 1452), 76: field(4, 1456) },
  ...{ 80: field(8, 1752), 88: field(8, 1824), 96: field(4, 1864), 100: field(4, 1692) },
  ...{ 104: field(4, 1696), 108: field(1, 1249) },
};

/** `struct bpf_tcp_sock`. @linux net/core/filter.c `bpf_tcp_sock_convert_ctx_access` (6.18) */
export const tcpSock: CtxConversion = { load: (insn, off) => loadFrom(TCP_SOCK, insn, off) };

/** Offset in `struct xdp_sock`. */
const XDP_SOCK: KernelFields = { 0: field(2, 880) };

/** `struct bpf_xdp_sock`. @linux net/core/filter.c `bpf_xdp_sock_convert_ctx_access` (6.18) */
export const xdpSock: CtxConversion = { load: (insn, off) => loadFrom(XDP_SOCK, insn, off) };
