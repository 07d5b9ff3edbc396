/** `struct xdp_md`, which in the kernel is `struct xdp_buff`. */
import { type CtxConversion, field, type KernelFields, loadFrom } from "./fields.ts";

/** Offsets in it, in `struct xdp_rxq_info` and in `struct net_device`. */
const RXQ = 32;
const TXQ = 40;
const RXQ_QUEUE_INDEX = 8;
const DEV_IFINDEX = 224;

const FIELDS: KernelFields = {
  0: field(8, 0),
  4: field(8, 8),
  8: field(8, 16),
  12: field(4, DEV_IFINDEX, RXQ, 0),
  16: field(4, RXQ_QUEUE_INDEX, RXQ),
  20: field(4, DEV_IFINDEX, TXQ, 0),
};

/** @linux net/core/filter.c `xdp_convert_ctx_access` (6.18) */
export const xdpMd: CtxConversion = { load: (insn, off) => loadFrom(FIELDS, insn, off) };
