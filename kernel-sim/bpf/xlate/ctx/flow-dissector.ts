import { type CtxConversion, field, type KernelFields, loadFrom } from "./fields.ts";

/** By offset in `struct __sk_buff`: in `struct bpf_flow_dissector`. */
const FIELDS: KernelFields = { 76: field(8, 16), 80: field(8, 24), 144: field(8, 0) };

/** @linux net/core/filter.c `flow_dissector_convert_ctx_access` (6.18) */
export const flowDissector: CtxConversion = { load: (insn, off) => loadFrom(FIELDS, insn, off) };
