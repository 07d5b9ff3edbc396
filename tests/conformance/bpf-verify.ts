import type { Insn } from "../../kernel-sim/api.ts";
import { Btf } from "../../kernel-sim/bpf/btf/btf.ts";
import { btfLoad } from "../../kernel-sim/bpf/btf/btf-load.ts";
import {
  BTF_KIND_FUNC,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  BTF_KIND_VAR,
} from "../../kernel-sim/bpf/btf/kinds.ts";
import { btfVmlinux } from "../../kernel-sim/bpf/btf/vmlinux.ts";
import { ALL_BPF_CAPS, type BpfCaps } from "../../kernel-sim/bpf/capability.ts";
import { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { PercpuArrayMap } from "../../kernel-sim/bpf/maps/arraymap.ts";
import type { KernelMap } from "../../kernel-sim/bpf/maps/map.ts";
import { RingbufMap } from "../../kernel-sim/bpf/maps/ringbuf.ts";
import { type ProgLoadOutcome, progLoad } from "../../kernel-sim/bpf/prog-load.ts";
import { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { decode } from "../../kernel-sim/bpf/program-text.ts";
import {
  mapCreate,
  mapFreeze,
  mapGetNextKey,
  mapLookupElem,
  mapUpdateElem,
} from "../../kernel-sim/bpf/syscall.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import {
  BPF_ATTACH_TYPE_NAMES,
  BPF_MAP_TYPE_NAMES,
  BPF_PROG_TYPE_NAMES,
} from "../../kernel-sim/bpf/uapi.ts";
import { kfuncIdByName } from "../../kernel-sim/bpf/verifier/kfunc-call.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";
import { doBefore, type RecordObjects, wait } from "./bpf-before-run.ts";
import type {
  MapEntryRecord,
  MapRecord,
  ObjectValue,
  ProgRecord,
  RunRecord,
  VerifyRecord,
} from "./bpf-record.ts";
import { recordedTask } from "./recorded-task.ts";

/** How far one record agrees. */
export interface VerifyResult {
  readonly verdict: boolean;
  readonly errno: boolean;
  readonly errorLine: boolean;
  readonly runs: number;
  /** What differed first, for people. */
  readonly difference: string;
  readonly log: string;
}

/** The corpus was recorded on a machine with two CPUs. */
const CPUS = 2;
const LOG_BYTES = 1 << 28;

export function newKernel(seed = 1, clock = new Clock()): BpfKernel {
  return new BpfKernel(seed, CPUS, clock, new TraceRing());
}

function setTask(kernel: BpfKernel, { task_memory }: VerifyRecord): void {
  if (task_memory !== undefined) kernel.current = recordedTask(task_memory);
}

/** Loads and runs the program of a record. Only what the corpus names as input is looked at. */
export function checkVerifyRecord(record: VerifyRecord, kernel = newKernel()): VerifyResult {
  kernel.jit.enabled = false;
  setTask(kernel, record);
  const fds = mapsOf(kernel, record);
  const refusedMap = fds.find((fd) => fd < 0);
  if (refusedMap !== undefined) return untried(`a map was refused with ${refusedMap}`);
  const progs = (record.progs ?? []).map((prog) => loadOther(kernel, prog, fds));
  const objects = { progs, maps: fds };
  for (const [i, fd] of fds.entries()) fill(kernel, fd, record.maps[i], objects);
  const outcome = loadCapped(kernel, record, fds);
  const ok = outcome.fd >= 0;
  const errno = ok ? 0 : -outcome.fd;
  const expected = record.load;
  const verdict = ok === expected.ok;
  const errorLine = !ok && withoutIds(outcome.error) === withoutIds(expected.error ?? "");
  let runs = 0;
  let difference = "";
  if (!verdict || errno !== expected.errno) {
    difference = `errno ${errno}, expected ${expected.errno}: ${outcome.error}`;
  } else if (!ok && !errorLine) {
    difference = `"${outcome.error}", expected "${expected.error}"`;
  }
  if (ok) {
    const prog = kernel.files.get(outcome.fd) as LoadedProgram;
    const compiled = record.runs.length === 0 ? undefined : compiledTwin(record, prog);
    for (const [i, run] of record.runs.entries()) {
      let problem = checkRun(kernel, prog, record, objects, run);
      if (compiled !== undefined && problem === "") {
        const { kernel: twin, prog: other } = compiled;
        problem = checkRun(twin, other, record, objects, run);
        if (problem !== "") problem = `compiled: ${problem}`;
      }
      if (problem === "") runs++;
      else difference ||= `run ${i}: ${problem}`;
    }
  }
  const { log } = outcome;
  return { verdict, errno: errno === expected.errno, errorLine, runs, difference, log };
}

/** The numbers that a kernel gives its types, and members of them, say nothing about another one. */
export function withoutIds(text: string): string {
  return text
    .replace(/\b(has btf_id|attach_btf_id|ctx type id) \d+/g, "$1 <id>")
    .replace(/(found target candidate|candidate #\d+ <\w+>) \[\d+\]/g, "$1 [<id>]")
    .replace(/(?<=candidate #.*) \([\d:]+ @/g, " (<way> @");
}

/** The program once more, on a machine that compiles programs before their first run. */
function compiledTwin(record: VerifyRecord, prog: LoadedProgram) {
  const kernel = newKernel();
  kernel.jit.warmInsns = 0;
  setTask(kernel, record);
  const fds = mapsOf(kernel, record);
  const progs = (record.progs ?? []).map((one) => loadOther(kernel, one, fds));
  for (const [i, fd] of fds.entries()) fill(kernel, fd, record.maps[i], { progs, maps: fds });
  if (prog.callbacks.length > 0 || record.btf !== undefined || record.kfuncs !== undefined) {
    const { fd } = loadCapped(kernel, record, fds);
    return { kernel, prog: kernel.files.get(fd) as LoadedProgram };
  }
  // Both machines do the same, so all addresses are the same: nobody needs to check it again.
  takePlace(kernel, prog);
  const maps = prog.maps.map(({ id }) => kernel.mapOfFd(fds[id - 1] ?? -1));
  if (maps.some((map, i) => map?.address !== prog.maps[i]?.address)) return undefined;
  return {
    kernel,
    prog: new LoadedProgram({ ...prog, maps: maps.filter((map) => map !== undefined) }),
  };
}

/** What comes after a load lies behind the program. */
export function takePlace({ memory }: BpfKernel, { image }: LoadedProgram): void {
  if (image !== undefined) memory.alloc(image.bytes);
}

/** Makes and fills the maps of a record, and loads its program. */
export function loadRecord(kernel: BpfKernel, record: VerifyRecord): ProgLoadOutcome {
  if (record.capped_maps === true) kernel.caps = capsNamed(record.caps);
  const fds = mapsOf(kernel, record);
  const progs = (record.progs ?? []).map((prog) => loadOther(kernel, prog, fds));
  for (const [i, fd] of fds.entries()) fill(kernel, fd, record.maps[i], { progs, maps: fds });
  return loadCapped(kernel, record, fds);
}

function loadCapped(kernel: BpfKernel, record: VerifyRecord, fds: readonly number[]) {
  kernel.caps = capsNamed(record.caps);
  // As on the machine where programs of tasks with few capabilities were recorded.
  if (record.caps !== undefined) kernel.unprivilegedBpfDisabled = 0;
  const outcome = load(kernel, record, fds);
  kernel.caps = ALL_BPF_CAPS;
  return outcome;
}

/** The load ran with these only; without a list, with all. */
function capsNamed(names: readonly string[] | undefined): BpfCaps {
  if (names === undefined) return ALL_BPF_CAPS;
  return {
    bpf: names.includes("bpf"),
    netAdmin: names.includes("net_admin"),
    perfmon: names.includes("perfmon"),
    sysAdmin: names.includes("sys_admin"),
  };
}

function untried(difference: string): VerifyResult {
  return { verdict: false, errno: false, errorLine: false, runs: 0, difference, log: "" };
}

/** A descriptor, or a negative errno. */
export function makeMap(
  kernel: BpfKernel,
  map: MapRecord,
  innerMapFd = 0,
  isOneBtf = false,
): number {
  return mapCreate(kernel, {
    innerMapFd: map.inner === undefined ? innerMapFd : makeMap(kernel, map.inner, 0, isOneBtf),
    mapType: BPF_MAP_TYPE_NAMES.indexOf(map.type),
    keySize: map.key_size,
    valueSize: map.value_size,
    maxEntries: map.max_entries,
    mapFlags: map.flags,
    mapExtra: map.map_extra ?? 0,
    name: map.name ?? "",
    ...(map.btf === undefined
      ? {}
      : {
          btfFd: (isOneBtf ? loadedBtf(kernel, map.btf) : undefined) ?? loadBtf(kernel, map.btf),
          btfKeyTypeId: map.btf_key_type_id ?? 0,
          btfValueTypeId: map.btf_value_type_id ?? 0,
        }),
  });
}

/** A descriptor or a negative errno for each map of a record. */
function mapsOf(kernel: BpfKernel, record: VerifyRecord): number[] {
  return record.maps.map((map) => makeMap(kernel, withBtfOf(map, record), 0, record.one_btf));
}

/** A map may come with the types of its program. */
function withBtfOf(map: MapRecord, program: Pick<VerifyRecord, "btf">): MapRecord {
  const { btf } = program;
  const own = map.btf === "program" && btf !== undefined ? { ...map, btf } : map;
  return own.inner === undefined ? own : { ...own, inner: withBtfOf(own.inner, program) };
}

/** Puts in what a map holds from the beginning. */
export function fill(
  kernel: BpfKernel,
  fd: number,
  map: MapRecord | undefined,
  objects: RecordObjects,
): void {
  for (const { key, value } of map?.init ?? []) {
    const bytes = typeof value === "string" ? fromHex(value) : descriptorOf(value, objects);
    mapUpdateElem(kernel, fd, fromHex(key), valueOnAllCpus(kernel, fd, bytes), 0);
  }
  if (map?.frozen === true) mapFreeze(kernel, fd);
}

function descriptorOf(value: ObjectValue, { progs, maps }: RecordObjects): Uint8Array {
  const fd = "prog" in value ? progs[value.prog] : maps[value.map];
  return descriptorBytes(fd ?? -1);
}

/** The value of an array of objects. */
export function descriptorBytes(fd: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, fd, true);
  return bytes;
}

/** Loads a program of which only the descriptor counts, or the negative errno. */
export function loadOther(kernel: BpfKernel, prog: ProgRecord, fds: readonly number[]): number {
  const insns = withKernelIds(withDescriptors(decode(fromHex(prog.insns)), fds), prog);
  const { fd } = progLoad(kernel, {
    progType: numbered(BPF_PROG_TYPE_NAMES, prog.prog_type),
    expectedAttachType: 0,
    insns,
    insnCnt: insns.length,
    license: "GPL",
    progFlags: prog.prog_flags ?? 0,
    logLevel: 0,
    logSize: 0,
    hasLogBuffer: false,
    name: "",
  });
  return fd;
}

function valueOnAllCpus(kernel: BpfKernel, fd: number, value: Uint8Array): Uint8Array {
  const map = mapOf(kernel, fd);
  const all = new Uint8Array(map.userValueSize);
  const stride = map.userValueSize === map.attr.valueSize ? value.length : all.length / CPUS;
  for (let at = 0; at < all.length; at += stride) all.set(value, at);
  return all;
}

function mapOf(kernel: BpfKernel, fd: number): KernelMap {
  const map = kernel.mapOfFd(fd);
  if (map === undefined) throw new Error(`descriptor ${fd} is no map`);
  return map;
}

function load(kernel: BpfKernel, record: VerifyRecord, fds: readonly number[]) {
  const attr = record.attr ?? {};
  const insns = withKernelIds(withDescriptors(decode(fromHex(record.insns)), fds), record);
  return progLoad(kernel, {
    progType: numbered(BPF_PROG_TYPE_NAMES, record.prog_type),
    expectedAttachType: numbered(BPF_ATTACH_TYPE_NAMES, record.expected_attach_type ?? 0),
    insns: attr.null_insns === true ? null : insns,
    insnCnt: attr.insn_cnt ?? insns.length,
    license: attr.null_license === true ? null : record.license,
    progFlags: record.prog_flags ?? 0,
    logLevel: attr.log_level ?? 2,
    logSize: attr.log_size0 === true ? 0 : (attr.log_size ?? LOG_BYTES),
    hasLogBuffer: attr.log_null !== true,
    name: "",
    ...attachTarget(record),
    ...progBtf(kernel, record),
  });
}

/** What the recorded kernel calls by that name has another number here. */
function attachTarget({ attach_to }: VerifyRecord) {
  if (attach_to === undefined) return {};
  const kinds = [BTF_KIND_FUNC, BTF_KIND_TYPEDEF, BTF_KIND_STRUCT];
  const types = kinds.map((kind) => btfVmlinux().findByNameKind(attach_to, kind));
  return { attachBtfId: types.find((type) => type !== undefined)?.id ?? NO_TYPE };
}

/** What no kernel has. */
const NO_TYPE = 0xf_ffff;

/** The types of the program, loaded before it. */
function progBtf(kernel: BpfKernel, record: VerifyRecord) {
  const { btf, func_info, line_info, core_relo, one_btf } = record;
  if (btf === undefined) return {};
  return {
    btf: {
      progBtfFd: (one_btf === true ? loadedBtf(kernel, btf) : undefined) ?? loadBtf(kernel, btf),
      funcInfo: infoRecords(func_info, 8),
      lineInfo: infoRecords(line_info, 16),
      coreRelo: infoRecords(core_relo, 16),
    },
  };
}

function infoRecords(rows: readonly (readonly number[])[] = [], recSize: number) {
  const bytes = new Uint8Array(Uint32Array.from(rows.flat()).buffer);
  return { bytes, recSize, count: rows.length };
}

/** The descriptor of types that a map came with. */
function loadedBtf(kernel: BpfKernel, hex: string): number | undefined {
  const fds = Array.from({ length: 64 }, (_, fd) => fd);
  return fds.find((fd) => {
    const file = kernel.files.get(fd);
    return file instanceof Btf && toHex(file.data) === hex;
  });
}

/** A descriptor, or the negative errno. */
function loadBtf(kernel: BpfKernel, hex: string): number {
  return btfLoad(kernel, { btf: fromHex(hex), logLevel: 0, logSize: 0, hasLogBuffer: false }).fd;
}

function numbered(names: readonly string[], name: string | number): number {
  return typeof name === "number" ? name : names.indexOf(name);
}

/** Puts descriptors where the corpus has indexes; what is no index stays a bad descriptor. */
export function withDescriptors(insns: readonly Insn[], fds: readonly number[]): Insn[] {
  const isMapLoad = ({ code, srcReg }: Insn) => code === 0x18 && (srcReg === 1 || srcReg === 2);
  return insns.map((insn) =>
    isMapLoad(insn) ? { ...insn, imm: fds[insn.imm] ?? insn.imm } : insn,
  );
}

type KernelIds = Pick<VerifyRecord, "kfuncs" | "ksyms">;

/** The simulator's numbers where the recorded kernel's are; a name it does not know becomes no function. */
function withKernelIds(insns: readonly Insn[], { kfuncs = {}, ksyms = {} }: KernelIds): Insn[] {
  const renumbered = (insn: Insn): Insn => {
    const { code, srcReg, imm } = insn;
    if (code === 0x85 && srcReg === 2) return { ...insn, imm: kfuncIdOf(kfuncs[imm]) ?? imm };
    if (code === 0x18 && srcReg === 3) return { ...insn, imm: ksymIdOf(ksyms[imm]) ?? imm };
    return insn;
  };
  return insns.map(renumbered);
}

const kfuncIdOf = (name: string | undefined) => (name === undefined ? name : kfuncIdByName(name));

function ksymIdOf(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const types = [BTF_KIND_FUNC, BTF_KIND_VAR].map((kind) =>
    btfVmlinux().findByNameKind(name, kind),
  );
  return types.find((type) => type !== undefined)?.id ?? NO_TYPE;
}

/** "" when the run agrees. */
function checkRun(
  kernel: BpfKernel,
  prog: LoadedProgram,
  record: VerifyRecord,
  objects: RecordObjects,
  run: RunRecord,
): string {
  const before = doBefore(kernel, run.before ?? [], objects);
  if (before !== "") return before;
  const answer = testRun(kernel, prog, {
    dataIn: fromHex(run.data_in ?? ""),
    ctxIn: run.ctx_in === undefined ? undefined : fromHex(run.ctx_in),
    repeat: 0,
  });
  wait(kernel, run.settle_ms ?? 0);
  if (-answer.errno !== run.errno) return `errno ${-answer.errno}, expected ${run.errno}`;
  if (run.retval !== undefined && answer.retval !== run.retval) {
    return `retval ${answer.retval}, expected ${run.retval}`;
  }
  const dataOut = toHex(answer.dataOut ?? new Uint8Array(0));
  if (run.data_out !== undefined && run.data_out !== dataOut) {
    return `data_out ${dataOut}, expected ${run.data_out}`;
  }
  const ctxOut = toHex(answer.ctxOut ?? new Uint8Array(0));
  if (run.ctx_out !== undefined && run.ctx_out !== ctxOut) {
    return `ctx_out ${ctxOut}, expected ${run.ctx_out}`;
  }
  for (const [i, expected] of (run.maps_out ?? []).entries()) {
    if (expected === null) continue;
    const map = record.maps[i];
    const fd = objects.maps[i];
    if (map === undefined || fd === undefined) return `there is no map ${i}`;
    const entries = entriesOf(kernel, fd, map);
    const difference = compareEntries(entries, expected);
    if (difference !== "") return `map ${i}: ${difference}`;
  }
  return "";
}

/** Arrays with more entries than this list only those that are not 0. */
const LISTED_IN_FULL = 16;

function entriesOf(kernel: BpfKernel, fd: number, map: MapRecord): MapEntryRecord[] {
  const entries: MapEntryRecord[] = [];
  const kernelMap = mapOf(kernel, fd);
  if (kernelMap instanceof RingbufMap) return recordsOf(kernelMap);
  let key = mapGetNextKey(kernel, fd, null);
  while (typeof key !== "number") {
    const value = mapLookupElem(kernel, fd, key, 0);
    if (typeof value !== "number") {
      const hex = toHex(value);
      const isPercpu = map.type.includes("percpu");
      const entry = isPercpu
        ? { key: toHex(key), values: perCpu(hex, kernelMap.attr.valueSize) }
        : { key: toHex(key), value: hex };
      const isIndexed = map.type === "array" || kernelMap instanceof PercpuArrayMap;
      const isZero = /^0*$/.test(hex);
      if (!(isIndexed && map.max_entries > LISTED_IN_FULL && isZero)) entries.push(entry);
    }
    key = mapGetNextKey(kernel, fd, key);
  }
  return entries.sort((a, b) => ((a.key ?? "") < (b.key ?? "") ? -1 : 1));
}

/** What a ring buffer holds, which is taken out. */
function recordsOf(map: RingbufMap): MapEntryRecord[] {
  return Array.from(map.consume(), ({ bytes, isDiscarded }) =>
    isDiscarded ? { discarded: bytes.length } : { value: toHex(bytes) },
  );
}

/** The values of all CPUs, each without its padding. */
export function perCpu(hex: string, valueSize: number): string[] {
  const stride = hex.length / CPUS;
  return Array.from({ length: CPUS }, (_, cpu) =>
    hex.slice(cpu * stride, cpu * stride + valueSize * 2),
  );
}

function compareEntries(actual: readonly MapEntryRecord[], expected: readonly MapEntryRecord[]) {
  const a = JSON.stringify(actual);
  const b = JSON.stringify(
    expected.map(({ key, value, values, discarded }) =>
      values === undefined ? { key, value, discarded } : { key, values },
    ),
  );
  return a === b ? "" : `${a}, expected ${b}`;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
