/** What BPF itself keeps, as programs see it. */
import type { KallsymIter } from "../kallsyms.ts";
import type { KernelLink } from "../link/link.ts";
import type { LoadedProgram } from "../program.ts";
import { at, type StructTable, type StructTables } from "./members.ts";

/** @linux include/linux/bpf.h `struct bpf_prog` (6.18) */
const prog: StructTable<LoadedProgram> = {
  type: ({ type }) => type,
  expected_attach_type: ({ expectedAttachType }) => expectedAttachType,
  sleepable: ({ isSleepable }) => isSleepable,
  len: ({ shown }) => shown.insns.length,
  aux: (of) => at("bpf_prog_aux", of),
};

/** @linux include/linux/bpf.h `struct bpf_prog_aux` (6.18) */
const aux: StructTable<LoadedProgram> = {
  used_map_cnt: ({ maps }) => maps.length,
  max_ctx_offset: ({ maxCtxOffset }) => maxCtxOffset,
  stack_depth: ({ stackDepth }) => stackDepth,
  id: ({ id }) => id,
  attach_btf_id: ({ target }) => target.btfId,
  attach_func_name: ({ target }) => (target.funcName === "" ? undefined : target.funcName),
  prog: (of) => at("bpf_prog", of),
  name: ({ name }) => name,
};

/** @linux include/linux/bpf.h `struct bpf_link` (6.18) */
const link: StructTable<KernelLink> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  prog: ({ held }) => at("bpf_prog", held),
  attach_type: ({ attachType }) => attachType,
  sleepable: ({ held }) => held?.isSleepable,
};

/** @linux include/linux/kallsyms.h `struct kallsym_iter` (6.18) */
const kallsymIter: StructTable<KallsymIter> = {
  pos: ({ pos }) => pos,
  value: ({ symbol }) => symbol?.address,
  type: ({ symbol }) => symbol?.type.charCodeAt(0),
  name: ({ symbol }) => symbol?.name,
  module_name: ({ symbol }) => symbol?.module,
  show_value: ({ showValue }) => showValue,
};

export const ownStructs: StructTables = {
  bpf_prog: prog,
  bpf_prog_aux: aux,
  bpf_link: link,
  kallsym_iter: kallsymIter,
};
