/** `struct bpf_perf_event_data`, which in the kernel is `struct bpf_perf_event_data_kern`. */
import { accessBytes, type CtxConversion, field, loadField } from "./fields.ts";

/** Offsets in it, and in `struct perf_sample_data`. */
const REGS = 0;
const SAMPLE = 8;
const SAMPLE_PERIOD = field(8, 8, SAMPLE);
const SAMPLE_ADDR = field(8, 184, SAMPLE);

const PT_REGS_BYTES = 168;

/** @linux kernel/trace/bpf_trace.c `pe_prog_convert_ctx_access` (6.18) */
export const perfEvent: CtxConversion = {
  fieldSize: (off) => (off >= PT_REGS_BYTES ? 8 : 0),
  load(insn, off) {
    if (off === PT_REGS_BYTES) return loadField(insn, SAMPLE_PERIOD);
    if (off === PT_REGS_BYTES + 8) return loadField(insn, SAMPLE_ADDR);
    return loadField(insn, field(accessBytes(insn), off, REGS));
  },
};
