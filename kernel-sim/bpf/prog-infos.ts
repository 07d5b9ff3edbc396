import type { Insn } from "../api.ts";
import { Btf } from "./btf/btf.ts";
import type { BpfKernel } from "./kernel.ts";
import type { ProgBtfAttr } from "./prog-load.ts";
import { progTag } from "./prog-tag.ts";
import type { ProgFunction } from "./program.ts";
import type { KeptInsn } from "./verifier/dead-code.ts";
import type { SubprogInfo } from "./verifier/env.ts";
import type { InfoRecords } from "./verifier/info-records.ts";

/** Its types, and what they say about the instructions that are left. */
export function btfOf(kernel: BpfKernel, btf: ProgBtfAttr | undefined, kept: readonly KeptInsn[]) {
  const found = btf === undefined ? undefined : (btf.held ?? kernel.btfOfFd(btf.progBtfFd));
  return { btf: found instanceof Btf ? found : undefined, ...infosOf(btf, kept) };
}

/**
 * What types say about the instructions that are left.
 *
 * @param startOf where those are in the end, if others were put between them
 * @linux kernel/bpf/verifier.c `adjust_btf_func`, `bpf_adj_linfo_after_remove`, kernel/bpf/core.c `bpf_adj_linfo` (6.18)
 */
export function infosOf(
  btf: ProgBtfAttr | undefined,
  kept: readonly KeptInsn[],
  startOf?: readonly number[],
) {
  if (btf === undefined) return { funcInfo: [], lineInfo: [] };
  const move = (insnOff: number) => {
    const at = kept.findIndex(({ slot }) => slot >= insnOff);
    return at < 0 ? at : (startOf?.[at] ?? at);
  };
  return {
    funcInfo: movedRecords(btf.funcInfo, FUNC_INFO_BYTES, move),
    lineInfo: movedRecords(btf.lineInfo, LINE_INFO_BYTES, move),
  };
}

const FUNC_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;

function movedRecords(
  { bytes, recSize, count }: InfoRecords,
  size: number,
  move: (insnOff: number) => number,
): Uint8Array[] {
  const moved = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const record = new Uint8Array(size);
    record.set(bytes.subarray(i * recSize, i * recSize + Math.min(recSize, size)));
    const view = new DataView(record.buffer);
    const insnOff = move(view.getUint32(0, true));
    view.setUint32(0, insnOff, true);
    // Of several that come to lie on one instruction the last one stays.
    if (insnOff >= 0) moved.set(insnOff, record);
  }
  return [...moved.values()];
}

/**
 * Each function of several has a tag of its own. What no path reaches is none.
 *
 * @linux kernel/bpf/verifier.c `jit_subprogs` (6.18)
 */
export function functionsOf(
  kept: readonly KeptInsn[],
  insns: readonly Insn[],
  subprogs: readonly SubprogInfo[],
  tag: Uint8Array,
): ProgFunction[] {
  if (subprogs.length < 2) return [{ tag, start: 0, insns: kept.length }];
  const functions: ProgFunction[] = [];
  for (const [i, { start }] of subprogs.entries()) {
    const end = subprogs[i + 1]?.start ?? insns.length;
    const own = kept.filter(({ slot }) => slot >= start && slot < end);
    if (own.length === 0) continue;
    const first = kept.indexOf(own[0]!);
    const ownTag = progTag(own.map(({ insn }) => insn));
    functions.push({ tag: ownTag, start: first, insns: own.length });
  }
  return functions;
}
