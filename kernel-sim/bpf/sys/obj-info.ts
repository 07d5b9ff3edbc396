/** BPF_OBJ_GET_INFO_BY_FD: what an object is, as far as the caller has room for it. */
import { EBADFD, EFAULT, EINVAL, ENOSPC, EPERM } from "../../include/errno.ts";
import { sha256 } from "../../lib/sha256.ts";
import { Btf } from "../btf/btf.ts";
import type { BpfKernel } from "../kernel.ts";
import { isGplCompatible } from "../license.ts";
import { KernelLink, LINK_INFO_BYTES } from "../link/link.ts";
import { KernelMap } from "../maps/map.ts";
import { LoadedProgram } from "../program.ts";
import { encode } from "../program-text.ts";
import { type BpfAttr, checkTailZero } from "./attr.ts";
import type { BpfCaller, UserMemory } from "./caller.ts";

const INFO_LEN = 4;
const MAP_INFO_BYTES = 104;
const BTF_INFO_BYTES = 32;
const PROG_INFO_BYTES = 232;
const FUNC_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;
const JITED_LINE_INFO_BYTES = 8;

/** @linux kernel/bpf/syscall.c `bpf_obj_get_info_by_fd` (6.18) */
export function objGetInfoByFd(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const fd = attr.s32(0);
  if (!caller.files.has(fd)) return -EBADFD;
  const object = caller.files.get(fd);
  if (object === undefined) return -EINVAL;
  const request = { caller, attr, length: attr.u32(INFO_LEN), address: attr.u64(8) };
  if (object instanceof KernelMap) return mapInfo(kernel, request, object);
  if (object instanceof Btf) return btfInfo(request, object);
  if (object instanceof KernelLink) return linkInfo(request, object);
  return object instanceof LoadedProgram ? progInfo(kernel, request, object) : -EINVAL;
}

interface InfoRequest {
  readonly caller: BpfCaller;
  readonly attr: BpfAttr;
  /** How much room there is, and where. */
  readonly length: number;
  readonly address: number;
}

/** What the caller has put into its room, for `bytes` of which the kernel knows. */
function readInfo(request: InfoRequest, bytes: number): DataView | number {
  const { caller, address, length } = request;
  const err = checkTailZero(caller.memory, address, bytes, length);
  if (err !== 0) return err;
  const given = caller.memory.read(address, Math.min(length, bytes));
  if (given === undefined) return -EFAULT;
  const room = new Uint8Array(bytes);
  room.set(given);
  return new DataView(room.buffer);
}

function writeInfo({ caller, attr, address, length }: InfoRequest, info: DataView): number {
  const known = Math.min(length, info.byteLength);
  const written = new DataView(new ArrayBuffer(4));
  written.setUint32(0, known, true);
  const { memory } = caller;
  const isWritten =
    memory.write(address, new Uint8Array(info.buffer, 0, known)) &&
    memory.write(attr.address + INFO_LEN, new Uint8Array(written.buffer));
  return isWritten ? 0 : -EFAULT;
}

function putText(info: DataView, off: number, text: string): void {
  for (let i = 0; i < text.length; i++) info.setUint8(off + i, text.charCodeAt(i));
}

function putU64(info: DataView, off: number, value: number): void {
  info.setUint32(off, value % 2 ** 32, true);
  info.setUint32(off + 4, Math.floor(value / 2 ** 32), true);
}

function getU64(info: DataView, off: number): number {
  return info.getUint32(off + 4, true) * 2 ** 32 + info.getUint32(off, true);
}

const HASH = 88;
const HASH_SIZE = 96;
const SHA256_BYTES = 32;

/** Only what can change no longer has a hash. @linux kernel/bpf/syscall.c `bpf_map_get_info_by_fd` (6.18) */
function tellHash(
  kernel: BpfKernel,
  { caller }: InfoRequest,
  map: KernelMap,
  given: DataView,
): 0 | number {
  const address = getU64(given, HASH);
  const sizeBytes = given.getUint32(HASH_SIZE, true);
  if (address === 0) return sizeBytes === 0 ? 0 : -EINVAL;
  const hashed = kernel.sharedPages.within(() => map.hashed);
  if (hashed === undefined || sizeBytes !== SHA256_BYTES) return -EINVAL;
  if (!map.frozen) return -EPERM;
  map.sha = sha256(hashed);
  return caller.memory.write(address, map.sha) ? 0 : -EFAULT;
}

/** @linux kernel/bpf/syscall.c `bpf_map_get_info_by_fd` (6.18) */
function mapInfo(kernel: BpfKernel, request: InfoRequest, map: KernelMap): number {
  const given = readInfo(request, MAP_INFO_BYTES);
  if (typeof given === "number") return given;
  const hashErr = tellHash(kernel, request, map, given);
  if (hashErr !== 0) return hashErr;
  const { mapType, keySize, valueSize, maxEntries, mapFlags, mapExtra, name } = map.attr;
  const info = new DataView(new ArrayBuffer(MAP_INFO_BYTES));
  for (const [i, value] of [mapType, map.id, keySize, valueSize, maxEntries, mapFlags].entries()) {
    info.setUint32(i * 4, value, true);
  }
  putText(info, 24, name);
  putU64(info, 80, mapExtra);
  putU64(info, HASH, getU64(given, HASH));
  info.setUint32(HASH_SIZE, given.getUint32(HASH_SIZE, true), true);
  info.setUint32(44, map.attr.btfVmlinuxValueTypeId ?? 0, true);
  if (map.types !== undefined) {
    info.setUint32(64, map.types.btf.id, true);
    info.setUint32(68, map.types.keyTypeId, true);
    info.setUint32(72, map.types.valueTypeId, true);
  }
  return writeInfo(request, info);
}

/** @linux kernel/bpf/btf.c `btf_get_info_by_fd` (6.18) */
function btfInfo(request: InfoRequest, btf: Btf): number {
  const given = readInfo(request, BTF_INFO_BYTES);
  if (typeof given === "number") return given;
  const { memory } = request.caller;
  const room = Math.min(btf.data.length, given.getUint32(8, true));
  if (!memory.write(getU64(given, 0), btf.data.subarray(0, room))) return -EFAULT;
  const nameAddress = getU64(given, 16);
  const nameRoom = given.getUint32(24, true);
  if ((nameAddress === 0) !== (nameRoom === 0)) return -EINVAL;
  const name = btf.isKernel ? "vmlinux" : "";
  given.setUint32(8, btf.data.length, true);
  given.setUint32(12, btf.id, true);
  given.setUint32(24, name.length, true);
  given.setUint32(28, btf.isKernel ? 1 : 0, true);
  let answer = 0;
  if (nameAddress !== 0) {
    const text = new Uint8Array(Math.min(nameRoom, name.length + 1));
    for (let i = 0; i < text.length - 1; i++) text[i] = name.charCodeAt(i);
    if (!memory.write(nameAddress, text)) return -EFAULT;
    if (nameRoom < name.length + 1) answer = -ENOSPC;
  }
  return writeInfo(request, given) || answer;
}

/** @linux kernel/bpf/syscall.c `bpf_link_get_info_by_fd` (6.18) */
function linkInfo(request: InfoRequest, link: KernelLink): number {
  const info = readInfo(request, LINK_INFO_BYTES);
  if (typeof info === "number") return info;
  for (const [i, value] of [link.type, link.id, link.held?.id ?? 0].entries()) {
    info.setUint32(i * 4, value, true);
  }
  const err = link.ops.fillInfo?.(link, info, request.caller.memory) ?? 0;
  return err !== 0 ? err : writeInfo(request, info);
}

/**
 * @linux kernel/bpf/syscall.c `bpf_prog_get_info_by_fd` (6.18)
 * @simplified the compiled form is WebAssembly, and is not told of here: its length is 0; the addresses are those of its symbols
 */
function progInfo(kernel: BpfKernel, request: InfoRequest, prog: LoadedProgram): number {
  const info = readInfo(request, PROG_INFO_BYTES);
  if (typeof info === "number") return info;
  const { memory } = request.caller;
  info.setUint32(0, prog.type, true);
  info.setUint32(4, prog.id, true);
  new Uint8Array(info.buffer).set(prog.origin.tag, 8);
  putU64(info, 40, prog.origin.loadTime);
  info.setUint32(48, prog.origin.createdByUid, true);
  new Uint8Array(info.buffer).fill(0, 64, 80);
  putText(info, 64, prog.name);
  info.setUint32(84, isGplCompatible(prog.license) ? 1 : 0, true);
  const maps = [...prog.maps, ...prog.boundMaps].map(({ id }) => id);
  if (!putList(memory, info, { count: 52, address: 56 }, words(maps))) return -EFAULT;
  if (!isRecSizeOk(info)) return -EINVAL;
  info.setUint32(132, FUNC_INFO_BYTES, true);
  info.setUint32(172, LINE_INFO_BYTES, true);
  info.setUint32(176, JITED_LINE_INFO_BYTES, true);
  putU64(info, 192, prog.runTimeNs);
  putU64(info, 200, prog.runCnt);
  putU64(info, 208, 0);
  info.setUint32(216, prog.origin.verifiedInsns, true);
  info.setUint32(128, prog.origin.btf?.id ?? 0, true);
  const targetBtf = prog.target.prog?.btf ?? prog.target.btf;
  info.setUint32(220, targetBtf?.id ?? 0, true);
  info.setUint32(224, prog.target.btfId, true);
  info.setUint32(16, 0, true);
  if (!kernel.capable("bpf")) {
    for (const count of [20, 104, 108, 144, 148, 168]) info.setUint32(count, 0, true);
    return writeInfo(request, info);
  }
  const err = putCode(kernel, memory, info, prog);
  return err !== 0 ? err : writeInfo(request, info);
}

/** Where a function lies, for who may know. */
function ksymOf(kernel: BpfKernel, prog: LoadedProgram, index: number): Uint8Array {
  const word = new DataView(new ArrayBuffer(8));
  const symbol = kernel.ksyms.ofProgram(prog)[index];
  if (kernel.showsAddresses) word.setBigInt64(0, BigInt(symbol?.start ?? 0), true);
  return new Uint8Array(word.buffer);
}

function putCode(
  kernel: BpfKernel,
  memory: UserMemory,
  info: DataView,
  prog: LoadedProgram,
): 0 | number {
  const { insns, funcInfo, lineInfo } = prog.shown;
  const code = encode(insns);
  const room = Math.min(info.getUint32(20, true), code.length);
  if (room > 0 && !memory.write(getU64(info, 32), code.subarray(0, room))) return -EFAULT;
  info.setUint32(20, code.length, true);
  const tags = prog.origin.functions.map(({ tag }) => tag);
  const addresses = prog.origin.functions.map((_, i) => ksymOf(kernel, prog, i));
  const isWritten =
    putList(memory, info, { count: 104, address: 112 }, addresses) &&
    putList(memory, info, { count: 108, address: 120 }, words(tags.map(() => 0))) &&
    putList(memory, info, { count: 144, address: 136 }, funcInfo) &&
    putList(memory, info, { count: 148, address: 152 }, lineInfo) &&
    putList(memory, info, { count: 180, address: 184 }, tags);
  info.setUint32(168, 0, true);
  return isWritten ? 0 : -EFAULT;
}

/** Writes as many records as there is room for, and says in `info` how many there are. */
function putList(
  memory: UserMemory,
  info: DataView,
  field: { readonly count: number; readonly address: number },
  records: readonly Uint8Array[],
): boolean {
  const room = Math.min(info.getUint32(field.count, true), records.length);
  info.setUint32(field.count, records.length, true);
  let address = getU64(info, field.address);
  for (const record of records.slice(0, room)) {
    if (!memory.write(address, record)) return false;
    address += record.length;
  }
  return true;
}

function words(values: readonly number[]): Uint8Array[] {
  return values.map((value) => {
    const word = new DataView(new ArrayBuffer(4));
    word.setUint32(0, value, true);
    return new Uint8Array(word.buffer);
  });
}

/** Who wants records says how long it takes them to be. @linux kernel/bpf/syscall.c `set_info_rec_size` (6.18) */
function isRecSizeOk(info: DataView): boolean {
  return [
    { count: 144, size: 132, bytes: FUNC_INFO_BYTES },
    { count: 148, size: 172, bytes: LINE_INFO_BYTES },
    { count: 168, size: 176, bytes: JITED_LINE_INFO_BYTES },
  ].every(({ count, size, bytes }) => {
    const recSize = info.getUint32(size, true);
    return (info.getUint32(count, true) === 0 && recSize === 0) || recSize === bytes;
  });
}
