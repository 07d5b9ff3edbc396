/** The lines of source that a program was made of. */
import { EINVAL } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";
import { RecordReader } from "./info-records.ts";

/** From this instruction on, the program comes from that line. @linux include/uapi/linux/bpf.h `struct bpf_line_info` (6.18) */
export interface LineInfo {
  readonly insnOff: number;
  readonly fileNameOff: number;
  readonly lineOff: number;
  readonly lineNum: number;
}

const LINE_INFO_BYTES = 16;
const LINE_INFO_BYTES_MAX = 252;
const LINE_NUM_SHIFT = 10;

/** @linux kernel/bpf/verifier.c `check_btf_line` (6.18) */
export function checkBtfLine(env: VerifierEnv): 0 | number {
  const records = env.input.progBtf?.lineInfo;
  if (records === undefined || records.count === 0) return 0;
  const { recSize, count } = records;
  if (recSize < LINE_INFO_BYTES || recSize > LINE_INFO_BYTES_MAX || recSize % 4 !== 0) {
    return -EINVAL;
  }
  const reader = new RecordReader(env, records, LINE_INFO_BYTES, "line_info");
  const lines: LineInfo[] = [];
  let subprog = 0;
  for (let i = 0; i < count; i++) {
    const record = reader.read(i);
    if (typeof record === "number") return record;
    const line = {
      insnOff: record.getUint32(0, true),
      fileNameOff: record.getUint32(4, true),
      lineOff: record.getUint32(8, true),
      lineNum: record.getUint32(12, true) >>> LINE_NUM_SHIFT,
    };
    const problem = lineProblem(env, line, i, lines[i - 1]?.insnOff) || skipped(env, line, subprog);
    if (problem !== "") {
      env.verbose(`${problem}\n`);
      return -EINVAL;
    }
    if (env.subprogs[subprog]?.start === line.insnOff) subprog++;
    lines.push(line);
  }
  const missing = env.subprogs.length - subprog;
  if (missing > 0) {
    env.verbose(`missing bpf_line_info for ${missing} funcs starting from func#${subprog}\n`);
    return -EINVAL;
  }
  env.lineInfo = lines;
  return 0;
}

function lineProblem(
  { insns, progBtf }: VerifierEnv,
  { insnOff, fileNameOff, lineOff }: LineInfo,
  i: number,
  before: number | undefined,
): string {
  const isBehind = before === undefined || insnOff > before;
  if (!isBehind || insnOff >= insns.length) {
    return `Invalid line_info[${i}].insn_off:${insnOff} (prev_offset:${before ?? 0} prog->len:${insns.length})`;
  }
  if (insns[insnOff]!.code === 0) return `Invalid insn code at line_info[${i}].insn_off`;
  const areNames = progBtf!.isNameOffset(lineOff) && progBtf!.isNameOffset(fileNameOff);
  return areNames ? "" : `Invalid line_info[${i}].line_off or .file_name_off`;
}

/** Each function starts with a line of its own. */
function skipped({ subprogs }: VerifierEnv, { insnOff }: LineInfo, subprog: number): string {
  const isSkipped = subprog < subprogs.length && subprogs[subprog]!.start < insnOff;
  return isSkipped ? `missing bpf_line_info for func#${subprog}` : "";
}

/** The line that the instruction comes from. @linux kernel/bpf/verifier.c `bpf_find_linfo` (6.18) */
export function findLineInfo(
  { lineInfo, insns }: VerifierEnv,
  insnOff: number,
): LineInfo | undefined {
  if (lineInfo.length === 0 || insnOff >= insns.length) return undefined;
  let low = 0;
  let high = lineInfo.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineInfo[middle]!.insnOff <= insnOff) low = middle;
    else high = middle - 1;
  }
  return lineInfo[low];
}

/** Shows the line, if it is another one than the last that was shown. @linux kernel/bpf/log.c `verbose_linfo` (6.18) */
export function verboseLinfo(env: VerifierEnv, insnOff: number, prefix: string): void {
  if (env.lineInfo.length === 0 || !env.log.isNeeded) return;
  const line = findLineInfo(env, insnOff);
  const last = env.prevLineInfo;
  if (line === undefined || line === last) return;
  if (line.fileNameOff === last?.fileNameOff && line.lineNum === last.lineNum) return;
  env.verbose(`${prefix}${lineText(env, line)}\n`);
  env.prevLineInfo = line;
}

/** The line as logs show it, with its file. */
export function lineText({ progBtf }: VerifierEnv, line: LineInfo): string {
  const source = progBtf!.nameByOffset(line.lineOff)!.replace(/^[\t-\r \xa0]+/, "");
  const file = progBtf!.nameByOffset(line.fileNameOff)!;
  return `${source} @ ${file.slice(file.lastIndexOf("/") + 1)}:${line.lineNum}`;
}
