/** Batch commands: many keys and values come from the caller's memory, and go there. */
import { EFAULT } from "../../include/errno.ts";
import type { BpfKernel } from "../kernel.ts";
import { type MapBatchAnswer, mapBatch } from "../map-batch.ts";
import { HashMap } from "../maps/hashtab.ts";
import type { BatchCommand } from "../maps/map.ts";
import type { BpfAttr } from "./attr.ts";
import type { BpfCaller, UserMemory } from "./caller.ts";

const IN_BATCH = 0;
const OUT_BATCH = 8;
const KEYS = 16;
const VALUES = 24;
const COUNT = 32;
const MAP_FD = 36;
const ELEM_FLAGS = 40;
const FLAGS = 48;

/** @linux kernel/bpf/syscall.c `bpf_map_do_batch` (6.18) */
export function batchCommand(command: BatchCommand) {
  return (kernel: BpfKernel, { memory }: BpfCaller, attr: BpfAttr): number => {
    const mapFd = attr.s32(MAP_FD);
    const map = kernel.mapOfFd(mapFd);
    const keySize = map?.attr.keySize ?? 0;
    // A hash counts buckets, others go on behind a key.
    const positionBytes = map instanceof HashMap ? 4 : keySize;
    const count = attr.u32(COUNT);
    const isWriting = command === "update" || command === "delete";
    const inAddress = attr.u64(IN_BATCH);
    const inBatch = inAddress === 0 || isWriting ? null : memory.read(inAddress, positionBytes);
    const answer = mapBatch(kernel, command, {
      ...{ mapFd, count, inBatch },
      keys: isWriting ? readMany(memory, attr.u64(KEYS), keySize, count) : null,
      values:
        command === "update"
          ? readMany(memory, attr.u64(VALUES), map?.userValueSize ?? 0, count)
          : null,
      elemFlags: attr.u64(ELEM_FLAGS),
      flags: attr.u64(FLAGS),
    });
    if (!writeCount(memory, attr, answer.count)) return -EFAULT;
    return isWriting || writeFound(memory, attr, answer) ? answer.errno : -EFAULT;
  };
}

/** As many as can be read. */
function readMany(memory: UserMemory, address: number, size: number, count: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count && size > 0; i++) {
    const part = memory.read(address + i * size, size);
    if (part === undefined) break;
    parts.push(part);
  }
  const bytes = new Uint8Array(parts.length * size);
  for (const [i, part] of parts.entries()) bytes.set(part, i * size);
  return bytes;
}

function writeCount(memory: UserMemory, { address }: BpfAttr, count: number): boolean {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, count, true);
  return memory.write(address + COUNT, new Uint8Array(bytes.buffer));
}

function writeFound(
  memory: UserMemory,
  attr: BpfAttr,
  { keys, values, outBatch }: MapBatchAnswer,
): boolean {
  const isWritten = [
    { at: attr.u64(KEYS), parts: keys },
    { at: attr.u64(VALUES), parts: values },
  ].every(({ at, parts }) => parts.every((part, i) => memory.write(at + i * part.length, part)));
  return isWritten && (outBatch === undefined || memory.write(attr.u64(OUT_BATCH), outBatch));
}
