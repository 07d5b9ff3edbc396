/** Map commands: keys and values come from the caller's memory, and go there. */
import { EFAULT, EINVAL } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import type { ExclusiveProgram, KernelMap } from "../maps/map.ts";
import {
  mapCreate,
  mapDeleteElem,
  mapFromFd,
  mapGetNextKey,
  mapLookupAndDeleteElem,
  mapLookupElem,
  mapUpdateElem,
} from "../syscall.ts";
import { BPF_MAP_TYPE_BLOOM_FILTER } from "../uapi.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller } from "./caller.ts";

const OBJ_NAME_LEN = 16;

/** @linux kernel/bpf/syscall.c `map_create` (6.18) */
export function mapCreateCommand(kernel: BpfKernel, { memory }: BpfCaller, attr: BpfAttr): number {
  const name = attr.text(28, OBJ_NAME_LEN);
  if (name === undefined) return -EINVAL;
  return mapCreate(kernel, {
    mapType: attr.u32(0),
    keySize: attr.u32(4),
    valueSize: attr.u32(8),
    maxEntries: attr.u32(12),
    mapFlags: attr.u32(16),
    innerMapFd: attr.s32(20),
    numaNode: attr.u32(24),
    btfFd: attr.s32(48),
    btfKeyTypeId: attr.u32(52),
    btfValueTypeId: attr.u32(56),
    btfVmlinuxValueTypeId: attr.u32(60),
    mapTokenFd: attr.s32(76),
    mapExtra: attr.u64(64),
    exclusive: exclusiveOf(memory, attr),
    name,
  });
}

const EXCL_PROG_HASH = 80;
const EXCL_PROG_HASH_SIZE = 88;
const SHA256_BYTES = 32;

function exclusiveOf(memory: BpfCaller["memory"], attr: BpfAttr): ExclusiveProgram | undefined {
  const address = attr.u64(EXCL_PROG_HASH);
  const sizeBytes = attr.u32(EXCL_PROG_HASH_SIZE);
  if (address === 0 && sizeBytes === 0) return undefined;
  return { hash: address === 0 ? null : memory.read(address, SHA256_BYTES), sizeBytes };
}

/** What an element command is asked; what cannot be read is undefined. */
interface ElementCall {
  readonly fd: number;
  readonly key: Uint8Array | null | undefined;
  readonly value: Uint8Array | null | undefined;
  readonly valueAddress: number;
  readonly flags: number;
}

function elementCall(
  kernel: BpfKernel,
  { memory }: BpfCaller,
  attr: BpfAttr,
  isValueRead: (map: KernelMap) => boolean = () => false,
): ElementCall {
  const fd = attr.s32(0);
  const [keyAddress, valueAddress] = [attr.u64(8), attr.u64(16)];
  const call = { fd, valueAddress, flags: attr.u64(24) };
  const map = mapFromFd(kernel, fd);
  // That there is none is told later.
  if (typeof map === "number") return { ...call, key: null, value: null };
  const hasValue = valueAddress !== 0 && isValueRead(map);
  return {
    ...call,
    key: keyAddress === 0 ? null : memory.read(keyAddress, map.attr.keySize),
    value: hasValue ? memory.read(valueAddress, map.userValueSize) : null,
  };
}

export function lookupCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const isAsked = ({ attr: { mapType } }: KernelMap) => mapType === BPF_MAP_TYPE_BLOOM_FILTER;
  const { fd, key, value, valueAddress, flags } = elementCall(kernel, caller, attr, isAsked);
  return answer(caller, valueAddress, mapLookupElem(kernel, fd, key, flags, value ?? undefined));
}

export function lookupAndDeleteCommand(
  kernel: BpfKernel,
  caller: BpfCaller,
  attr: BpfAttr,
): number {
  const { fd, key, valueAddress, flags } = elementCall(kernel, caller, attr);
  return answer(caller, valueAddress, mapLookupAndDeleteElem(kernel, fd, key, flags));
}

export function updateCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const { fd, key, value, flags } = elementCall(kernel, caller, attr, () => true);
  return mapUpdateElem(kernel, fd, key, value, flags);
}

export function deleteCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const { fd, key } = elementCall(kernel, caller, attr);
  return mapDeleteElem(kernel, fd, key);
}

export function nextKeyCommand(kernel: BpfKernel, caller: BpfCaller, attr: BpfAttr): number {
  const { fd, key, valueAddress } = elementCall(kernel, caller, attr);
  return answer(caller, valueAddress, mapGetNextKey(kernel, fd, key));
}

function answer({ memory }: BpfCaller, address: number, found: Uint8Array | number): number {
  if (typeof found === "number") return found;
  return memory.write(address, found) ? 0 : -EFAULT;
}
