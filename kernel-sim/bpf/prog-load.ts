import type { Insn } from "../api.ts";
import { E2BIG, EFAULT, EINVAL, ENOMEM, ENOTSUPP, EOPNOTSUPP, EPERM } from "../include/errno.ts";
import type { Btf } from "./btf/btf.ts";
import { btfVmlinux } from "./btf/vmlinux.ts";
import { checkAttachBtf, checkAttachType, fixupAttachType } from "./check-attach.ts";
import {
  callingHelpers,
  helperBodies,
  kfuncBodyNumber,
  makerNumber,
  printerNumber,
} from "./helpers/index.ts";
import {
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  isAddrSpaceCast,
  isHelperCall,
  isKfuncCall,
  isLdImm64,
  isPseudoFunc,
} from "./isa.ts";
import type { BpfKernel } from "./kernel.ts";
import { isKeyringKnown } from "./kfuncs/keys.ts";
import { isGplCompatible } from "./license.ts";
import { ArenaMap } from "./maps/arena.ts";
import { roundUp8 } from "./memory.ts";
import { isObjectNameOk } from "./object-name.ts";
import { predecode, SLOT_WORDS } from "./predecode.ts";
import { btfOf, functionsOf, infosOf } from "./prog-infos.ts";
import { progTag } from "./prog-tag.ts";
import { mayLoadType } from "./prog-type-caps.ts";
import { BPF_F_SLEEPABLE, LoadedProgram, type ProgImage, type ProgTarget } from "./program.ts";
import { LOOPBACK_IFINDEX } from "./test-run-request.ts";
import {
  BPF_FUNC_TAIL_CALL,
  BPF_PROG_TYPE_LIRC_MODE2,
  BPF_PROG_TYPE_NAMES,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_XDP,
} from "./uapi.ts";
import { type KeptInsn, removeDeadCode } from "./verifier/dead-code.ts";
import type { InsnAux } from "./verifier/env.ts";
import type { InfoRecords } from "./verifier/info-records.ts";
import { isThrow, kfuncById } from "./verifier/kfunc-call.ts";
import { BPF_WRITE, mayAccessPacket } from "./verifier/region-access.ts";
import type { FdArray } from "./verifier/verifier-input.ts";
import { type VerifierObserver, type VerifierOutcome, verify } from "./verifier/verify.ts";
import { isLogAttrOk } from "./verifier-log-buffer.ts";
import { VerifierMaps } from "./verifier-maps.ts";
import { arenaInsn, isArenaAccess } from "./xlate/arena.ts";
import { xlated } from "./xlate/door.ts";

/** The attribute block of BPF_PROG_LOAD, with map descriptors in the program's wide loads. */
export interface ProgLoadAttr {
  readonly progType: number;
  readonly expectedAttachType: number;
  /** null: the pointer is. */
  readonly insns: readonly Insn[] | null;
  readonly insnCnt: number;
  readonly license: string | null;
  readonly progFlags: number;
  readonly logLevel: number;
  /** In bytes. */
  readonly logSize: number;
  /** Whether there is a buffer for the log. */
  readonly hasLogBuffer: boolean;
  readonly name: string;
  readonly btf?: ProgBtfAttr;
  /** The type that it is attached to; 0 or none: no type. */
  readonly attachBtfId?: number;
  /** The program, or the types, that it is in; 0 or none: the kernel's. */
  readonly attachFd?: number;
  readonly fdArray?: FdArray | undefined;
  /** The device that it is bound to; 0 or none: no device. */
  readonly ifindex?: number;
  readonly signature?: ProgSignature | undefined;
}

/** Who vouches for a program. */
export interface ProgSignature {
  readonly sizeBytes: number;
  /** Whether its bytes are there. */
  readonly isReadable: boolean;
  /** The keyring with the key. */
  readonly keyringId: number;
}

/** The types that come with a program, and what they say about its instructions. */
export interface ProgBtfAttr {
  readonly progBtfFd: number;
  /** What the descriptor led to, for a check that is made again when it is closed. */
  readonly held?: Btf;
  readonly funcInfo: InfoRecords;
  readonly lineInfo: InfoRecords;
  readonly coreRelo: InfoRecords;
}

export interface ProgLoadOutcome {
  /** A descriptor, or a negative errno. */
  readonly fd: number;
  /** 0, or why the program would be refused if its log had all the room it needs. */
  readonly verdict: 0 | number;
  /** The line that explains a refusal, when the log that came back holds it. */
  readonly error: string;
  readonly log: string;
  readonly insnsProcessed: number;
}

/** @linux include/uapi/linux/bpf.h: BPF_F_STRICT_ALIGNMENT to BPF_F_TEST_REG_INVARIANTS (6.18) */
const PROG_FLAGS = 0xff;
const BPF_COMPLEXITY_LIMIT_INSNS = 1_000_000;
const BPF_MAXINSNS = 4096;
/** In front of its instructions. */
const STRUCT_BPF_PROG_BYTES = 72;

/**
 * BPF_PROG_LOAD.
 *
 * @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18)
 * @param maps keeps what was seen of the program's maps
 */
export function progLoad(
  kernel: BpfKernel,
  attr: ProgLoadAttr,
  maps: VerifierMaps = new VerifierMaps(kernel),
): ProgLoadOutcome {
  const { memory } = kernel;
  const bytes = STRUCT_BPF_PROG_BYTES + Math.min(attr.insnCnt, BPF_COMPLEXITY_LIMIT_INSNS) * 8;
  const address = memory.alloc(bytes);
  const outcome = loadInto(kernel, attr, maps, { address, bytes });
  if (outcome.fd < 0 && address !== 0) memory.freeNow(address, bytes);
  return outcome;
}

/** @param image where the program is to lie; address 0: there is no room */
function loadInto(
  kernel: BpfKernel,
  attr: ProgLoadAttr,
  maps: VerifierMaps,
  image: ProgImage,
): ProgLoadOutcome {
  const checked = checkProgram(kernel, attr, maps, undefined, image.address !== 0);
  if (typeof checked === "number") {
    return { fd: checked, verdict: checked, error: "", log: "", insnsProcessed: 0 };
  }
  const { verdict, errno, error, log, insnsProcessed } = checked;
  if (errno !== 0) return { fd: errno, verdict, error, log, insnsProcessed };
  const prog = fixedUp(kernel, attr, checked, maps);
  prog.image = image;
  const isFull = prog.functions.includes(0);
  const problem = isFull ? -ENOMEM : mayTailCall(prog) ? 0 : -EINVAL;
  if (problem !== 0) {
    kernel.dropFunctions(prog.functions.filter((one) => one !== 0));
    for (const type of prog.objectTypes) kernel.programObjects.leaveType(type);
    return { fd: problem, verdict: problem, error: "", log, insnsProcessed };
  }
  kernel.objects.add(prog);
  // Names have programs that are compiled, and were loaded by who may do all of BPF.
  if (kernel.jit.enabled && kernel.capable("bpf")) kernel.ksyms.addProgram(prog);
  return { fd: kernel.install(prog), verdict, error: "", log, insnsProcessed };
}

/** The check alone: nothing is loaded. A negative errno when it does not come to that. */
export function checkProgram(
  kernel: BpfKernel,
  attr: ProgLoadAttr,
  maps: VerifierMaps = new VerifierMaps(kernel),
  observer?: VerifierObserver,
  hasRoom = true,
): VerifierOutcome | number {
  const { insns, license, progType } = attr;
  const expectedAttachType = fixupAttachType(progType, attr.expectedAttachType);
  if ((attr.progFlags & ~PROG_FLAGS) !== 0) return -EINVAL;
  const isBpfCapable = kernel.capable("bpf");
  if (kernel.unprivilegedBpfDisabled !== 0 && !isBpfCapable) return -EPERM;
  const insnsMax = isBpfCapable ? BPF_COMPLEXITY_LIMIT_INSNS : BPF_MAXINSNS;
  if (attr.insnCnt === 0 || attr.insnCnt > insnsMax) return -E2BIG;
  if (!mayLoadType(kernel, progType)) return -EPERM;
  const attach = attachTargetOf(kernel, attr);
  if (typeof attach === "number") return attach;
  const attachErr =
    checkAttachBtf(progType, attach) || checkAttachType(progType, expectedAttachType);
  if (attachErr !== 0) return attachErr;
  if (!hasRoom) return -ENOMEM;
  if (insns === null || license === null) return -EFAULT;
  const boundErr =
    checkSignature(kernel, attr.signature) ||
    checkDevice(attr.progFlags, progType, attr.ifindex ?? 0);
  if (boundErr !== 0) return boundErr;
  if (!isTypeBuilt(progType)) return -EINVAL;
  if (!isObjectNameOk(attr.name)) return -EINVAL;
  if (!isLogAttrOk(attr)) return -EINVAL;
  return verify(
    {
      insns,
      progType,
      expectedAttachType,
      isGplCompatible: isGplCompatible(license),
      progFlags: attr.progFlags,
      cpus: kernel.cpus,
      caps: { bpf: isBpfCapable, perfmon: kernel.capable("perfmon") },
      logLevel: attr.logLevel,
      logSize: attr.hasLogBuffer ? attr.logSize : 0,
      mapOfFd: (fd) => maps.ofFd(fd),
      btfOfFd: (fd) => kernel.btfOfFd(fd),
      fdArray: attr.fdArray,
      coreCandidates: kernel.coreCandidates,
      attach,
      progBtf: attr.btf && {
        ...attr.btf,
        btf: attr.btf.held ?? kernel.btfOfFd(attr.btf.progBtfFd),
      },
    },
    observer,
  );
}

/** What the load says it is attached to, or a negative errno. @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18) */
function attachTargetOf(
  kernel: BpfKernel,
  { attachBtfId: btfId = 0, attachFd = 0 }: ProgLoadAttr,
): ProgTarget | number {
  if (attachFd === 0) {
    return { btfId, btf: btfId === 0 ? undefined : btfVmlinux(), prog: undefined };
  }
  const prog = kernel.files.get(attachFd);
  if (prog instanceof LoadedProgram) return { btfId, btf: undefined, prog };
  const btf = kernel.btfOfFd(attachFd);
  if (typeof btf === "number") return -EINVAL;
  return btf.isKernel ? { btfId, btf, prog: undefined } : -ENOTSUPP;
}

/** The longest signature. @linux include/linux/slab.h `KMALLOC_MAX_CACHE_SIZE` (6.18) */
const SIGNATURE_BYTES_MAX = 8192;

/**
 * @linux kernel/bpf/syscall.c `bpf_prog_verify_signature` (6.18)
 * @simplified the machine is built without CONFIG_SYSTEM_DATA_VERIFICATION: nobody can look at one
 */
function checkSignature(kernel: BpfKernel, signature: ProgSignature | undefined): 0 | number {
  if (signature === undefined) return 0;
  const { sizeBytes, isReadable, keyringId } = signature;
  if (sizeBytes > SIGNATURE_BYTES_MAX || !isKeyringKnown(kernel, keyringId)) return -EINVAL;
  return isReadable ? -EOPNOTSUPP : -ENOMEM;
}

/** The flags that a program bound to a device may have. */
const BPF_F_XDP_HAS_FRAGS = 1 << 5;
const BPF_F_XDP_DEV_BOUND_ONLY = 1 << 6;

/**
 * Whether a program can be bound to a device: the only one is `lo`, to which none can.
 *
 * @linux kernel/bpf/offload.c `bpf_prog_dev_bound_init` (6.18)
 */
function checkDevice(flags: number, progType: number, ifindex: number): 0 | number {
  if (ifindex === 0) return 0;
  const isXdp = progType === BPF_PROG_TYPE_XDP;
  if (!isXdp && progType !== BPF_PROG_TYPE_SCHED_CLS) return -EINVAL;
  const isBoundOnly = (flags & BPF_F_XDP_DEV_BOUND_ONLY) !== 0;
  const known = BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_XDP_HAS_FRAGS;
  if ((flags & ~known) !== 0 || (flags !== 0 && !(isXdp && isBoundOnly))) return -EINVAL;
  return ifindex === LOOPBACK_IFINDEX ? -EOPNOTSUPP : -EINVAL;
}

/** @simplified the machine is built without infrared receivers (CONFIG_BPF_LIRC_MODE2). */
function isTypeBuilt(progType: number): boolean {
  const isKnown = progType > 0 && progType < BPF_PROG_TYPE_NAMES.length;
  return isKnown && progType !== BPF_PROG_TYPE_LIRC_MODE2;
}

/**
 * The accepted program in the form in which it runs.
 *
 * Beside it is kept what Linux would make of it: that is shown, and does not run.
 */
function fixedUp(
  kernel: BpfKernel,
  attr: ProgLoadAttr,
  outcome: VerifierOutcome,
  maps: VerifierMaps,
): LoadedProgram {
  const { insns, aux, subprogs, usedMaps, maxCtxOffset, insnsProcessed } = outcome;
  const { exceptionCallbackStart } = outcome;
  const kept = removeDeadCode(insns, aux);
  const usedKernelMaps = usedMaps.map((map) => maps.mapOf(map));
  const code = kept.map(({ insn }) => insn);
  const callbacks = new Set<number>();
  const functions: number[] = [];
  const objectTypes: number[] = [];
  let printer: number | undefined;
  const arena = usedKernelMaps.find((map) => map instanceof ArenaMap);
  const arenaInsnAt = (at: number): Insn => {
    const insn = arenaInsn(code[at]!, aux[kept[at]!.slot]!, usedMaps, arena!.attr.mapFlags);
    return isAddrSpaceCast(insn) ? { ...insn, imm: arena!.userHigh } : insn;
  };
  for (const [at, { insn, slot }] of kept.entries()) {
    const { mapIndex, mapOff } = aux[slot]!;
    if (isPseudoFunc(insn)) {
      const start = at + insn.imm + 1;
      const address = kernel.addFunction(start * SLOT_WORDS);
      callbacks.add(start);
      functions.push(address);
      code[at] = { ...insn, srcReg: 0, imm: address };
      code[at + 1] = { ...code[at + 1]!, imm: 0 };
    }
    if (isKfuncCall(insn) && kfuncById(insn.imm)?.name === STREAM_PRINTER) {
      printer ??= kernel.printers.reserve();
      const imm = printer === undefined ? NO_BODY : printerNumber(printer);
      code[at] = { ...insn, srcReg: 0, off: 0, imm };
    } else if (isKfuncCall(insn) && !isThrow(insn))
      code[at] = {
        ...{ ...insn, srcReg: 0, off: 0 },
        imm: kfuncNumber(kernel, attr, insn, aux[slot]!, objectTypes),
      };
    if (aux[slot]!.isKernelAddress) code[at] = { ...insn, srcReg: 0 };
    if (arena !== undefined) code[at] = arenaInsnAt(at);
    if (!isLdImm64(insn) || mapIndex < 0 || code[at]!.srcReg === 0) continue;
    const map = usedKernelMaps[mapIndex]!;
    const address = isMapValueLoad(insn) ? map.directValue() + mapOff : map.address;
    code[at] = {
      ...insn,
      srcReg: isMapValueLoad(insn) ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD,
      imm: address,
    };
    code[at + 1] = { ...code[at + 1]!, imm: 0 };
  }
  const tag = progTag(outcome.insnsWithFds);
  const prog = new LoadedProgram({
    id: kernel.nextProgId(),
    progFlags: attr.progFlags,
    type: attr.progType,
    expectedAttachType: outcome.expectedAttachType,
    target: {
      ...(attachTargetOf(kernel, attr) as ProgTarget),
      funcName: outcome.attachFuncName,
      funcProto: outcome.attachFuncProto,
    },
    targetFunctions: outcome.functions,
    bufferAccess: outcome.bufferAccess,
    enforcesAttachType: outcome.enforcesAttachType,
    usedBtfs: outcome.usedBtfs,
    name: attr.name,
    license: attr.license!,
    runInsns: withDescriptors(kept, outcome.insnsWithFds),
    show: () => {
      const isSleepable = (attr.progFlags & BPF_F_SLEEPABLE) !== 0;
      const numberOf = (map: number) => usedKernelMaps[map]!.id;
      const shown = xlated({ outcome, isSleepable, numberOf });
      return { insns: shown.insns, ...infosOf(attr.btf, shown.kept, shown.startOf) };
    },
    code: predecode(code, {
      isLoopInlined: (at) => aux[kept[at]!.slot]!.loopInline?.isFit === true,
      isThrow: (at) => isThrow(kept[at]!.insn),
      arenaAt: (at) =>
        arena !== undefined && isArenaAccess(kept[at]!.insn, aux[kept[at]!.slot]!)
          ? arena.directory
          : 0,
      isKernelLoad: (at) => aux[kept[at]!.slot]!.isKernelLoad,
      exceptionCallbackSlot:
        exceptionCallbackStart === 0
          ? -1
          : kept.findIndex(({ slot }) => slot >= exceptionCallbackStart),
    }),
    maps: usedKernelMaps,
    maxCtxOffset,
    callbacks: [...callbacks],
    functions,
    objectTypes,
    printer,
    stackDepth: subprogs[0]!.stackDepth,
    isRunnable: code.every((insn) => !isHelperCall(insn) || isHelperBuilt(insn.imm)),
    origin: {
      tag,
      loadTime: kernel.clock.now(),
      createdByUid: kernel.callerUid,
      verifiedInsns: insnsProcessed,
      ...btfOf(kernel, attr.btf, kept),
      functions: functionsOf(kept, insns, subprogs, tag),
    },
  });
  kernel.ownFunctions(functions, prog);
  if (printer !== undefined) kernel.printers.own(printer, prog);
  return prog;
}

function isMapValueLoad({ srcReg }: Insn): boolean {
  return srcReg === BPF_PSEUDO_MAP_VALUE || srcReg === BPF_PSEUDO_MAP_IDX_VALUE;
}

/** Descriptors of maps stand where the program had them. */
function withDescriptors(kept: readonly KeptInsn[], given: readonly Insn[]): Insn[] {
  return kept.map(({ insn, slot }) => {
    const isWideLoad = isLdImm64(insn) || insn.code === 0;
    return isWideLoad ? { ...insn, imm: given[slot]!.imm } : insn;
  });
}

/** What stands in the place of the call of a function of the kernel. @linux kernel/bpf/verifier.c `fixup_kfunc_call` (6.18) */
function kfuncNumber(
  kernel: BpfKernel,
  attr: ProgLoadAttr,
  { imm }: Insn,
  { objNew }: InsnAux,
  objectTypes: number[],
): number {
  if (objNew !== null) {
    const { btf, typeId, isPercpu } = objNew;
    const size = btf.typeIdSize(typeId)!.size;
    const all = isPercpu ? roundUp8(size) * kernel.cpus : size;
    const type = kernel.programObjects.holdType(btf, typeId, all);
    if (type === undefined) return NO_BODY;
    objectTypes.push(type);
    return makerNumber(type);
  }
  const mayWrite = mayAccessPacket(attr, BPF_WRITE, undefined);
  return kfuncBodyNumber(kfuncById(imm)!.name, mayWrite) ?? NO_BODY;
}

/** The program can be loaded, but not run. */
const NO_BODY = -1;
/** It prints for the program that calls it. */
const STREAM_PRINTER = "bpf_stream_vprintk_impl";

/** @linux kernel/bpf/core.c `bpf_check_tail_call` (6.18) */
function mayTailCall(prog: LoadedProgram): boolean {
  return prog.maps.every((map) => map.progOwner?.isCompatible(prog) !== false);
}

/** A tail call is an instruction of its own. */
function isHelperBuilt(id: number): boolean {
  if (id === BPF_FUNC_TAIL_CALL) return true;
  return helperBodies[id] !== undefined || callingHelpers[id] !== undefined;
}
