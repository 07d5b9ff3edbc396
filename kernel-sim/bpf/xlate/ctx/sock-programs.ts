/** Contexts of programs that look for a socket, or at what passes through one. */
import * as i from "../insns.ts";
import {
  type CtxConversion,
  converted,
  endpoints,
  field,
  type KernelFields,
  loadFrom,
  loadOf,
} from "./fields.ts";

/** Offsets in `struct sk_msg`. */
const MSG_SK = 688;

const SK_MSG: KernelFields = {
  ...endpoints(16, MSG_SK),
  0: field(8, 640),
  8: field(8, 648),
  68: field(4, 12),
  72: field(8, MSG_SK),
};

/** `struct sk_msg_md`. @linux net/core/filter.c `sk_msg_convert_ctx_access` (6.18) */
export const skMsg: CtxConversion = { load: (insn, off) => loadFrom(SK_MSG, insn, off) };

/** Offsets in `struct sk_reuseport_kern`. */
const REUSEPORT_SKB = 0;
const REUSEPORT_SK = 8;
const REUSEPORT_ETH_PROTOCOL = 20;

const SK_REUSEPORT: KernelFields = {
  0: field(8, 200, REUSEPORT_SKB),
  8: field(8, 32),
  16: field(4, 112, REUSEPORT_SKB),
  [REUSEPORT_ETH_PROTOCOL]: field(2, 176, REUSEPORT_SKB),
  24: field(2, 532, REUSEPORT_SK),
  28: field(1, 48),
  32: field(4, 40),
  40: field(8, REUSEPORT_SK),
  48: field(8, 24),
};

function isEthProtocol(off: number): boolean {
  return off >= REUSEPORT_ETH_PROTOCOL && off < REUSEPORT_ETH_PROTOCOL + 4;
}

/** `struct sk_reuseport_md`. @linux net/core/filter.c `sk_reuseport_convert_ctx_access` (6.18) */
export const skReuseport: CtxConversion = {
  // The upper half of the protocol reads as the lower one.
  fieldSize: (off) => (isEthProtocol(off) ? 2 : 4),
  load: (insn, off) => loadFrom(SK_REUSEPORT, insn, isEthProtocol(off) ? off & ~3 : off),
};

const LOOKUP: KernelFields = {
  0: field(8, 32),
  8: field(2, 0),
  12: field(2, 2),
  16: field(4, 8),
  36: field(2, 4),
  40: field(4, 12),
  60: field(2, 6),
  64: field(4, 40),
};

/** Where the addresses of 16 bytes begin, and where the kernel has pointers to them. */
const LOOKUP_IP6 = [
  { start: 20, pointer: 16 },
  { start: 44, pointer: 24 },
];
const IP6_BYTES = 16;
const LOOKUP_REMOTE_PORT = 36;
const LOOKUP_PADDING = 38;

/** `struct bpf_sk_lookup`. @linux net/core/filter.c `sk_lookup_convert_ctx_access` (6.18) */
export const skLookup: CtxConversion = {
  fieldSize(off, size) {
    const isPort = off >= LOOKUP_REMOTE_PORT && off < LOOKUP_REMOTE_PORT + 4;
    if (isPort) return size === 4 ? 0 : 2;
    return off < 8 ? 0 : 4;
  },
  load(insn, off) {
    const { dstReg: dst, srcReg: src } = insn;
    if (off === LOOKUP_PADDING) return converted(2, i.aluImm(i.MOV, dst, 0, false));
    const ip6 = LOOKUP_IP6.find(({ start }) => off >= start && off < start + IP6_BYTES);
    if (ip6 === undefined) return loadFrom(LOOKUP, insn, off);
    return converted(
      4,
      i.load(i.DW, dst, src, ip6.pointer),
      i.jumpImm(i.JEQ, dst, 0, 1),
      loadOf(4, dst, dst, off - ip6.start),
    );
  },
};
