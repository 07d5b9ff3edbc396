import type {
  AttachOptions,
  BpfMap,
  BpfProg,
  Insn,
  JitLine,
  LoadAttr,
  LoadResult,
  TestRunAttr,
  TestRunResult,
} from "../api.ts";
import { BTF_KIND_FUNC, BTF_KIND_TYPEDEF } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { isPseudoCall } from "../bpf/isa.ts";
import { jitListing } from "../bpf/jit/listing.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { type ProgLoadAttr, type ProgLoadOutcome, progLoad } from "../bpf/prog-load.ts";
import type { LoadedProgram } from "../bpf/program.ts";
import { decode, encode, textOf, textsOf } from "../bpf/program-text.ts";
import { takesPacket, testRun } from "../bpf/test-run.ts";
import { BPF_ATTACH_TYPE_NAMES, BPF_PROG_TYPE_NAMES } from "../bpf/uapi.ts";
import { VerifierMaps } from "../bpf/verifier-maps.ts";
import { ENOSPC, errnoName } from "../include/errno.ts";
import { progBtfOf, withBtf } from "./btf.ts";
import { facade } from "./facade.ts";
import { attach, type PinObject } from "./link.ts";
import { type OpenKernel, whileOpen } from "./map.ts";
import { neededPart } from "./parts.ts";
import { insnTexts, recordedSteps, refersToMap } from "./recorded-steps.ts";
import { linesOf, sourceBtf } from "./source-lines.ts";

/** Room for any log: 16 MiB. */
const LOG_BYTES = 1 << 24;

/** BPF_PROG_LOAD, with the refusal as an answer. */
export function load(open: OpenKernel, pin: PinObject, attr: LoadAttr): LoadResult {
  const kernel = open();
  return withRequest(kernel, attr, (request) => loadAs(open, pin, attr, request));
}

function loadAs(
  open: OpenKernel,
  pin: PinObject,
  attr: LoadAttr,
  request: ProgLoadAttr,
): LoadResult {
  const kernel = open();
  const texts = insnTexts(attr, request);
  const maps = new VerifierMaps(kernel);
  const outcome = loadWithLog(kernel, request, maps);
  const { log, insnsProcessed } = outcome;
  if (outcome.fd < 0) {
    const errno = -outcome.fd;
    const { error } = outcome;
    return facade({
      ok: false as const,
      errno,
      errnoName: errnoName(errno),
      error,
      log,
      insnsProcessed,
      get explanation() {
        const steps = recordedSteps(kernel, request, maps, texts());
        return neededPart("explanations").explainRefusal(
          error,
          errno,
          request.insns ?? [],
          steps,
          log,
        );
      },
    });
  }
  const prog = progFacade(open, pin, kernel, outcome.fd, request.progType);
  return Object.freeze({ ok: true, prog, log, insnsProcessed } as const);
}

/** A log that is too long must not change the answer: its end is kept. */
function loadWithLog(
  kernel: BpfKernel,
  request: ProgLoadAttr,
  maps: VerifierMaps,
): ProgLoadOutcome {
  const outcome = progLoad(kernel, request, maps);
  if (outcome.fd !== -ENOSPC) return outcome;
  const { verdict, error, log } = outcome;
  if (verdict !== 0) return { ...outcome, fd: verdict };
  const repeated = { ...request, logLevel: 0, logSize: 0, hasLogBuffer: false };
  return { ...progLoad(kernel, repeated, maps), error, log };
}

/** What types of the kernel are called that a program is loaded for, by attach type. */
const TARGETS: Readonly<Record<string, readonly [prefix: string, kind: number]>> = {
  trace_raw_tp: ["btf_trace_", BTF_KIND_TYPEDEF],
  trace_iter: ["bpf_iter_", BTF_KIND_FUNC],
  lsm_mac: ["bpf_lsm_", BTF_KIND_FUNC],
};

/**
 * Does something with what the kernel is asked for; what it needs as a descriptor is open as long as this takes.
 *
 * @throws a TypeError when a name is unknown or a map is missing, a `BpfError` when the types are refused
 */
export function withRequest<T>(
  kernel: BpfKernel,
  attr: LoadAttr,
  use: (request: ProgLoadAttr) => T,
): T {
  const request = loadRequest(kernel, attr);
  if (attr.btf !== undefined && request.btf !== undefined) {
    throw new TypeError("sourceLines are types of their own: pass them or btf");
  }
  return withBtf(kernel, attr.btf, (fd) => {
    const btf = progBtfOf(kernel, attr, fd);
    // As the kernel does it: types that nothing is said with stay outside.
    const { funcInfo, lineInfo, coreRelo } = btf;
    const isSaid = funcInfo.count + lineInfo.count + coreRelo.count > 0;
    return use(isSaid ? { ...request, btf } : request);
  });
}

/** @throws a TypeError when a name is unknown or a map is missing */
export function loadRequest(kernel: BpfKernel, attr: LoadAttr): ProgLoadAttr {
  const { type, program, license = "GPL", logLevel = 1, flags = 0, name = "" } = attr;
  const { attachTo, expectedAttachType, sourceLines } = attr;
  const insns = withDescriptors(attr);
  return {
    progType: numberOfName(BPF_PROG_TYPE_NAMES, type, "program type"),
    expectedAttachType:
      expectedAttachType === undefined
        ? 0
        : numberOfName(BPF_ATTACH_TYPE_NAMES, expectedAttachType, "attach type"),
    insns,
    insnCnt: insns.length,
    license: String(license),
    progFlags: flags,
    logLevel,
    logSize: logLevel === 0 ? 0 : LOG_BYTES,
    hasLogBuffer: logLevel !== 0,
    name: String(name),
    ...(attachTo === undefined ? {} : { attachBtfId: targetOf(String(attachTo)) }),
    ...(sourceLines === undefined ? {} : { btf: sourceBtf(kernel, sourceLines) }),
  };

  /** As libbpf finds it. */
  function targetOf(target: string): number {
    const [prefix, kind] = TARGETS[expectedAttachType ?? ""] ?? ["", BTF_KIND_FUNC];
    const found = btfVmlinux().findByNameKind(prefix + target, kind);
    if (found !== undefined) return found.id;
    throw new TypeError(
      `the kernel has no "${prefix}${target}" that a program could be loaded for`,
    );
  }

  function numberOfName(names: readonly string[], wanted: string, what: string): number {
    const number = names.indexOf(wanted);
    if (number >= 0) return number;
    throw new TypeError(`there is no ${what} "${String(wanted)}"`);
  }

  function withDescriptors({ maps }: LoadAttr): readonly Insn[] {
    const isBytes = program instanceof Uint8Array;
    // As bytes and back: fields that a cell made up have the width that instructions have.
    const insns = decode(isBytes ? program : encode(Array.from(program.insns)));
    if (isBytes && maps === undefined) return insns;
    const names = isBytes ? [] : program.mapNames;
    for (const [slot, insn] of insns.entries()) {
      if (!refersToMap(insn)) continue;
      insns[slot] = { ...insn, imm: descriptor(maps, insn.imm, names[insn.imm]) };
    }
    return insns;
  }
}

/** The descriptor of the map that a program calls `name`, or names by its index only. */
function descriptor(maps: LoadAttr["maps"], index: number, name: string | undefined): number {
  const given = maps ?? {};
  const key = name !== undefined && Object.hasOwn(given, name) ? name : String(index);
  const isByName = name === undefined || Array.isArray(given) || key === name;
  const map =
    isByName && Object.hasOwn(given, key) ? (given as Record<string, BpfMap>)[key] : undefined;
  if (map !== undefined && typeof map.fd === "number") return map.fd;
  const what = name === undefined ? `map ${index}` : `the map "${name}"`;
  const remedy = name === undefined ? "maps: [...]" : `maps: { ${name}: ... }`;
  throw new TypeError(`the program refers to ${what}, which was not given: pass ${remedy}`);
}

function progFacade(
  openKernel: OpenKernel,
  pin: PinObject,
  kernel: BpfKernel,
  fd: number,
  progType: number,
): BpfProg {
  const open = whileOpen(openKernel, fd, "program");
  const prog = kernel.files.get(fd) as LoadedProgram;
  return facade({
    fd,
    type: BPF_PROG_TYPE_NAMES[progType]!,
    run: (attr: TestRunAttr = {}) => run(open(), prog, attr),
    attach: (target?: string, options: AttachOptions = {}) =>
      attach(open(), pin, prog, target, options),
    xlated: () => textOf(prog.shown.insns.map(withDistance)),
    jit: () => jitLines(open(), prog),
    close() {
      open().ownFiles.closeFd(fd);
    },
  });
}

/** A call of a function of the program is written with its distance, which stands in `off` there. */
function withDistance(insn: Insn): Insn {
  return isPseudoCall(insn) ? { ...insn, imm: insn.off } : insn;
}

function jitLines(kernel: BpfKernel, prog: LoadedProgram): readonly JitLine[] {
  const listing = jitListing(kernel, prog) ?? [];
  const texts = textsOf(prog.runInsns);
  const sources = linesOf(prog);
  const lines = listing.map((wasm, slot) =>
    Object.freeze({
      ...{ slot, source: sources[slot] ?? "", bpf: texts[slot] ?? "" },
      wasm: Object.freeze([...wasm]),
    }),
  );
  // The second slot of a wide load is part of the first.
  return Object.freeze(lines.filter(({ bpf }) => bpf !== ""));
}

/** The shortest packet that BPF_PROG_TEST_RUN takes: an Ethernet header. */
const ETH_HLEN = 14;

const RUN_NUMBERS = ["repeat", "dataSizeOut", "ctxSizeOut", "flags", "cpu", "batchSize"] as const;
const U32_MAX = 0xffff_ffff;

/** Those that were given, each of 32 bits. @throws a TypeError for what is no such number */
function numbersOf(attr: TestRunAttr): Partial<Record<(typeof RUN_NUMBERS)[number], number>> {
  const numbers: Partial<Record<(typeof RUN_NUMBERS)[number], number>> = {};
  for (const name of RUN_NUMBERS) {
    const value = attr[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 0 || value > U32_MAX) {
      throw new TypeError(`${name} is a whole number of 32 bits, not ${String(value)}`);
    }
    numbers[name] = value;
  }
  return numbers;
}

/** The packet and the context of a run: copies, and a packet where the program needs one. */
export function inputsOf(type: number, { dataIn, ctxIn }: TestRunAttr) {
  const shortest = new Uint8Array(takesPacket({ type }) ? ETH_HLEN : 0);
  return {
    dataIn: dataIn === undefined ? shortest : Uint8Array.from(dataIn),
    ctxIn: ctxIn === undefined ? undefined : Uint8Array.from(ctxIn),
  };
}

function run(kernel: BpfKernel, prog: LoadedProgram, attr: TestRunAttr): TestRunResult {
  const numbers = numbersOf(attr);
  const { errno, retval, dataOut, ctxOut, executed } = testRun(kernel, prog, {
    ...{ ...numbers, repeat: numbers.repeat ?? 0, ...inputsOf(prog.type, attr) },
  });
  return facade({
    errno: -errno,
    retval,
    ...(dataOut === undefined ? {} : { dataOut }),
    ...(ctxOut === undefined ? {} : { ctxOut }),
    insnsExecuted: executed,
  });
}
