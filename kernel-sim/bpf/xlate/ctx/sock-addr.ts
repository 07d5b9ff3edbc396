/** `struct bpf_sock_addr`, which in the kernel is `struct bpf_sock_addr_kern`. */
import type { Insn } from "../../../api.ts";
import {
  accessBytes,
  type CtxConversion,
  field,
  type KernelFields,
  loadField,
  storeThrough,
} from "./fields.ts";

/** Offsets in it. */
const SK = 0;
const UADDR = 8;
const TMP_REG = 16;
const T_CTX = 24;

const USER_IP6 = 8;
const MSG_SRC_IP6 = 44;
const IP6_BYTES = 16;
/** `struct sockaddr_in6` */
const SIN6_ADDR = 8;

const FIELDS: KernelFields = {
  0: field(2, 0, UADDR),
  4: field(4, 4, UADDR),
  24: field(2, 2, UADDR),
  28: field(2, 16, SK),
  32: field(2, 534, SK),
  36: field(2, 532, SK),
  40: field(4, 0, T_CTX),
  64: field(8, SK),
};

/** An address of 16 bytes may be accessed by 4 or 8 of them. */
function fieldAt(insn: Insn, off: number) {
  const size = accessBytes(insn) === 8 ? 8 : 4;
  if (off >= USER_IP6 && off < USER_IP6 + IP6_BYTES) {
    return field(size, SIN6_ADDR + off - USER_IP6, UADDR);
  }
  if (off >= MSG_SRC_IP6 && off < MSG_SRC_IP6 + IP6_BYTES) {
    return field(size, off - MSG_SRC_IP6, T_CTX);
  }
  return FIELDS[off];
}

/** @linux net/core/filter.c `sock_addr_convert_ctx_access` (6.18) */
export const sockAddr: CtxConversion = {
  fieldSize: (_off, size) => (size === 8 ? 0 : 4),
  load(insn, off) {
    const found = fieldAt(insn, off);
    return found && loadField(insn, found);
  },
  store(insn) {
    const found = fieldAt(insn, insn.off);
    return found && storeThrough(insn, found, TMP_REG);
  },
};
