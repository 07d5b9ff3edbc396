import { E2BIG, EBADF, EFAULT, EINVAL, ENOSPC } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import { type ProgSignature, progLoad } from "../prog-load.ts";
import { LoadedProgram } from "../program.ts";
import { decode, INSN_BYTES } from "../program-text.ts";

import { testRun } from "../test-run.ts";
import { BPF_PROG_TYPE_SYSCALL } from "../uapi.ts";
import type { InfoRecords } from "../verifier/info-records.ts";
import type { FdArray } from "../verifier/verifier-input.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller, UserMemory } from "./caller.ts";
import { readText, writeLog } from "./user-text.ts";

const OBJ_NAME_LEN = 16;
const LICENSE_BYTES = 128;
const INSNS_MAX = 1_000_000;

/** @linux kernel/bpf/syscall.c `bpf_prog_load` (6.18) */
export function progLoadCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const { memory } = caller;
  const name = attr.text(48, OBJ_NAME_LEN);
  if (name === undefined) return -EINVAL;
  const insnCnt = attr.u32(4);
  const isCountOk = insnCnt > 0 && insnCnt <= INSNS_MAX;
  const code = isCountOk ? memory.read(attr.u64(8), insnCnt * INSN_BYTES) : undefined;
  const logBuffer = attr.u64(32);
  const progBtfFd = attr.u32(72);
  const funcInfo = records(memory, attr, { recSize: 76, address: 80, count: 88 });
  const lineInfo = records(memory, attr, { recSize: 92, address: 96, count: 104 });
  const coreRelo = records(memory, attr, { recSize: 136, address: 128, count: 116 });
  const hasInfo = funcInfo.count + lineInfo.count + coreRelo.count > 0;
  const { fd, log } = progLoad(kernel, {
    progType: attr.u32(0),
    expectedAttachType: attr.u32(68),
    insns: code === undefined ? null : decode(code),
    insnCnt,
    license: readText(memory, attr.u64(16), LICENSE_BYTES) ?? null,
    progFlags: attr.u32(44),
    logLevel: attr.u32(24),
    logSize: attr.u32(28),
    hasLogBuffer: logBuffer !== 0,
    name,
    attachBtfId: attr.u32(108),
    attachFd: attr.s32(112),
    fdArray: fdArrayOf(memory, attr),
    ifindex: attr.u32(64),
    signature: signatureOf(memory, attr),
    ...(hasInfo ? { btf: { progBtfFd, funcInfo, lineInfo, coreRelo } } : {}),
  });
  return writeLog(memory, logBuffer, log, fd) ? fd : -EFAULT;
}

function signatureOf(memory: UserMemory, attr: BpfAttr): ProgSignature | undefined {
  const address = attr.u64(SIGNATURE);
  if (address === 0) return undefined;
  const sizeBytes = attr.u32(SIGNATURE + 8);
  const isRead =
    sizeBytes === 0 || memory.read(address, Math.min(sizeBytes, PACKET_BYTES_MAX)) !== undefined;
  return { sizeBytes, isReadable: isRead, keyringId: attr.s32(SIGNATURE + 12) };
}

/** Where its address, size and keyring stand. */
const SIGNATURE = 152;

function fdArrayOf(memory: UserMemory, attr: BpfAttr): FdArray | undefined {
  const address = attr.u64(120);
  const count = attr.u32(148);
  if (address === 0 && count === 0) return undefined;
  return {
    count,
    at(index) {
      const bytes = memory.read(address + index * FD_BYTES, FD_BYTES);
      return bytes && new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    },
  };
}

const FD_BYTES = 4;

/** Longest array of records that is looked at: one for each instruction. */
const RECORDS_BYTES_MAX = 1 << 24;

function records(
  memory: UserMemory,
  attr: BpfAttr,
  at: { readonly recSize: number; readonly address: number; readonly count: number },
): InfoRecords {
  const recSize = attr.u32(at.recSize);
  const count = attr.u32(at.count);
  const length = Math.min(recSize * count, RECORDS_BYTES_MAX);
  const bytes = memory.read(attr.u64(at.address), length) ?? new Uint8Array(0);
  return { bytes, recSize, count };
}

/** @linux kernel/bpf/syscall.c `bpf_prog_test_run` (6.18) */
export function progTestRunCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const { memory, files } = caller;
  const ctxSizeIn = attr.u32(40);
  const ctxSizeOut = attr.u32(44);
  const ctxInAt = attr.u64(48);
  const ctxOutAt = attr.u64(56);
  if ((ctxSizeIn === 0) !== (ctxInAt === 0)) return -EINVAL;
  if ((ctxSizeOut === 0) !== (ctxOutAt === 0)) return -EINVAL;
  // No context is as long, and nobody shall make us look for so much memory.
  if (ctxSizeIn > PACKET_BYTES_MAX) return -E2BIG;
  const prog = files.get(attr.s32(0));
  if (!(prog instanceof LoadedProgram)) return files.has(attr.s32(0)) ? -EINVAL : -EBADF;
  const dataIn = memory.read(attr.u64(16), Math.min(attr.u32(8), PACKET_BYTES_MAX));
  const ctxIn = ctxInAt === 0 ? undefined : memory.read(ctxInAt, ctxSizeIn);
  if (dataIn === undefined || (ctxInAt !== 0 && ctxIn === undefined)) return -EFAULT;
  const repeat = attr.u32(32);
  const start = kernel.clock.now();
  const outcome = testRun(kernel, prog, {
    dataIn,
    dataSizeIn: attr.u32(8),
    hasDataAddress: attr.u64(16) !== 0 || attr.u64(24) !== 0,
    dataSizeOut: attr.u32(12),
    ctxIn,
    ...(ctxOutAt === 0 ? {} : { ctxSizeOut }),
    repeat,
    duration: attr.u32(36),
    flags: attr.u32(64),
    cpu: attr.u32(68),
    batchSize: attr.u32(72),
    user: memory,
  });
  if (outcome.errno !== 0 && outcome.errno !== -ENOSPC) return outcome.errno;
  const word = new DataView(new ArrayBuffer(4));
  const put = (off: number, value: number) => {
    word.setUint32(0, value, true);
    return memory.write(attr.address + off, new Uint8Array(word.buffer));
  };
  const isWritten =
    putBytes(memory, attr.u64(24), outcome.dataOut) &&
    putBytes(memory, prog.type === BPF_PROG_TYPE_SYSCALL ? ctxInAt : ctxOutAt, outcome.ctxOut) &&
    put(12, outcome.dataSizeOut) &&
    (ctxOutAt === 0 || put(44, outcome.ctxSizeOut)) &&
    put(4, outcome.retval) &&
    put(36, Math.floor((kernel.clock.now() - start) / Math.max(repeat, 1)));
  return isWritten ? outcome.errno : -EFAULT;
}

/** No packet of a test run is longer. */
const PACKET_BYTES_MAX = 1 << 20;

/** True also when nobody wants them. */
function putBytes(memory: UserMemory, address: number, bytes: Uint8Array | undefined): boolean {
  return address === 0 || bytes === undefined || memory.write(address, bytes);
}
