/** Instructions get what the kernel's types say, in the place of what the program's types said. */
import { EINVAL, EOPNOTSUPP } from "../../include/errno.ts";
import type { Btf } from "../btf/btf.ts";
import { CandidateCache } from "../btf/core-candidates.ts";
import { matchSpec } from "../btf/core-match.ts";
import {
  BPF_CORE_TYPE_ID_LOCAL,
  type CoreRelo,
  CoreSpec,
  coreKindName,
  parseSpec,
  specText,
} from "../btf/core-spec.ts";
import { type CoreResult, coreResult, localTypeId } from "../btf/core-values.ts";
import { btfTypeStr } from "../btf/type-text.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import type { VerifierEnv } from "./env.ts";
import { type InfoRecords, RecordReader } from "./info-records.ts";
import { BPF_LOG_LEVEL2 } from "./log.ts";
import { patchInsn } from "./patch-insn.ts";

const RELO_BYTES = 16;
const RELO_BYTES_MAX = 252;
const INSN_BYTES = 8;
const INT_MAX = 0x7fff_ffff;

/** @param btf the program's. @linux kernel/bpf/verifier.c `check_core_relo` (6.18) */
export function checkCoreRelo(env: VerifierEnv, btf: Btf, records: InfoRecords): 0 | number {
  const { recSize, count } = records;
  if (count > INT_MAX / RELO_BYTES) return -EINVAL;
  if (recSize < RELO_BYTES || recSize > RELO_BYTES_MAX || recSize % 4 !== 0) return -EINVAL;
  const reader = new RecordReader(env, records, RELO_BYTES, "core_relo");
  for (let i = 0; i < count; i++) {
    const record = reader.read(i);
    if (typeof record === "number") return record;
    const word = (index: number) => record.getUint32(index * 4, true);
    const relo = { insnOff: word(0), typeId: word(1), accessStrOff: word(2), kind: word(3) };
    const { length } = env.insns;
    if (relo.insnOff % INSN_BYTES !== 0 || relo.insnOff / INSN_BYTES >= length) {
      env.verbose(`Invalid core_relo[${i}].insn_off:${relo.insnOff} prog->len:${length}\n`);
      return -EINVAL;
    }
    const err = applyRelo(env, btf, relo, i);
    if (err !== 0) return err;
  }
  return 0;
}

/** @linux kernel/bpf/btf.c `bpf_core_apply` (6.18) */
function applyRelo(env: VerifierEnv, btf: Btf, relo: CoreRelo, index: number): 0 | number {
  const type = btf.typeById(relo.typeId);
  if (type === undefined) {
    env.verbose(`relo #${index}: bad type id ${relo.typeId}\n`);
    return -EINVAL;
  }
  if (relo.kind === BPF_CORE_TYPE_ID_LOCAL) return relocate(env, btf, relo, index, []);
  const kept = env.input.coreCandidates ?? { cache: undefined };
  kept.cache ??= new CandidateCache();
  const { cache } = kept;
  const name = btf.nameOf(type);
  let err = -EINVAL;
  if (name === "") env.verbose(`target candidate search failed for ${relo.typeId | 0}\n`);
  else {
    const found = cache.find(btfVmlinux(), name, type.kind);
    for (const id of found.ids) {
      const what = `${btfTypeStr(found)} ${found.name}`;
      env.verbose(`CO-RE relocating ${what}: found target candidate [${id}]\n`);
    }
    err = relocate(env, btf, relo, index, found.ids);
  }
  if ((env.log.level & BPF_LOG_LEVEL2) !== 0) env.verbose(cache.text());
  return err;
}

function relocate(
  env: VerifierEnv,
  btf: Btf,
  relo: CoreRelo,
  index: number,
  candidates: readonly number[],
): 0 | number {
  const result = calculate(env, btf, relo, index, candidates);
  if (typeof result === "number") return result;
  return patchInsn(env, Math.floor(relo.insnOff / INSN_BYTES), index, result);
}

/** @linux tools/lib/bpf/relo_core.c `bpf_core_calc_relo_insn` (6.18) */
function calculate(
  env: VerifierEnv,
  btf: Btf,
  relo: CoreRelo,
  index: number,
  candidates: readonly number[],
): CoreResult | number {
  const log = (text: string) => env.verbose(text);
  const about = `prog '': relo #${index}:`;
  const type = btf.typeById(relo.typeId)!;
  const name = btf.nameOf(type);
  const local = parseSpec(btf, relo, log);
  if (typeof local === "number") {
    const what = `[${relo.typeId | 0}] ${btfTypeStr(type)} ${name || "<anon>"}`;
    const way = btf.nameByOffset(relo.accessStrOff) ?? "<?>";
    log(`${about} parsing ${what} + ${way} failed: ${local}\n`);
    return -EINVAL;
  }
  log(`${about} ${specText(local)}\n`);
  if (relo.kind === BPF_CORE_TYPE_ID_LOCAL) return localTypeId(relo.typeId);
  if (name === "") {
    const kind = `<${coreKindName(relo.kind)}> (${relo.kind | 0})`;
    log(`${about} ${kind} relocation doesn't support anonymous types\n`);
    return -EOPNOTSUPP;
  }
  return chooseCandidate(env, relo, index, local, candidates);
}

/** All that match must agree. */
function chooseCandidate(
  env: VerifierEnv,
  relo: CoreRelo,
  index: number,
  local: CoreSpec,
  candidates: readonly number[],
): CoreResult | number {
  const log = (text: string) => env.verbose(text);
  const about = `prog '': relo #${index}:`;
  let chosen: { readonly result: CoreResult; readonly bitOffset: number } | undefined;
  for (const [i, id] of candidates.entries()) {
    const spec = new CoreSpec(btfVmlinux(), id, relo.kind);
    const answer = matchSpec(local, spec);
    if (answer < 0) {
      log(`${about} error matching candidate #${i} ${specText(spec)}: ${answer}\n`);
      return answer;
    }
    const how = answer === 0 ? "non-matching" : "matching";
    log(`${about} ${how} candidate #${i} ${specText(spec)}\n`);
    if (answer === 0) continue;
    const result = coreResult(relo, index, local, spec, log);
    if (typeof result === "number") return result;
    if (chosen === undefined) chosen = { result, bitOffset: spec.bitOffset };
    else if (spec.bitOffset !== chosen.bitOffset) {
      log(`${about} field offset ambiguity: ${spec.bitOffset} != ${chosen.bitOffset}\n`);
      return -EINVAL;
    } else if (decision(result) !== decision(chosen.result)) {
      const [mine, others] = [decision(result), decision(chosen.result)];
      log(`${about} relocation decision ambiguity: ${mine} != ${others}\n`);
      return -EINVAL;
    }
  }
  if (chosen !== undefined) return chosen.result;
  log(`${about} no matching targets found\n`);
  return coreResult(relo, index, local, undefined, log);
}

function decision({ isPoison, after }: CoreResult): string {
  return `${isPoison ? "failure" : "success"} ${after}`;
}
