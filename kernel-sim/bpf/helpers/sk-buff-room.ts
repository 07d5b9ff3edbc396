/** The packet of a program on an sk_buff, and how its room grows and shrinks. */
import { ENOMEM } from "../../include/errno.ts";
import { SKB_DATA, SKB_DATA_END, SKB_DATA_META, SKB_LEN } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { SHARED_INFO_BYTES } from "../test-run-request.ts";

type Vm = BpfCpu<BpfKernel>;

/** Writes where the packet begins and ends into the context, as programs see it. */
function publish(vm: Vm): void {
  const { view } = vm.memory;
  const { data, length } = vm.machine.packet;
  view.setInt32(vm.context + SKB_LEN, length, true);
  view.setInt32(vm.context + SKB_DATA, data, true);
  view.setInt32(vm.context + SKB_DATA_END, data + length, true);
  view.setInt32(vm.context + SKB_DATA_META, data, true);
}

/** Makes room in front of the packet and behind it. @linux net/core/skbuff.c `pskb_expand_head` (6.18) */
function makeRoom(vm: Vm, inFront: number, behind: number): 0 | number {
  const { memory } = vm;
  const { packet } = vm.machine;
  const { data, length, buffer, bufferBytes } = packet;
  const missingInFront = Math.max(0, inFront - (data - buffer));
  const missingBehind = Math.max(
    0,
    data + length + behind + SHARED_INFO_BYTES - (buffer + bufferBytes),
  );
  if (missingInFront === 0 && missingBehind === 0) return 0;
  const grown = bufferBytes + missingInFront + missingBehind;
  const moved = memory.alloc(grown);
  if (moved === 0) return -ENOMEM;
  const distance = moved + missingInFront - buffer;
  memory.bytes.copyWithin(moved + missingInFront, buffer, buffer + bufferBytes);
  memory.free(buffer, bufferBytes);
  packet.buffer = moved;
  packet.bufferBytes = grown;
  packet.data += distance;
  packet.macHeader += distance;
  packet.networkHeader += distance;
  return 0;
}

/** Adds or takes away bytes at the packet's end; new ones are 0. */
export function resizeTail(vm: Vm, length: number): 0 | number {
  const { packet } = vm.machine;
  const more = length - packet.length;
  if (more > 0) {
    const err = makeRoom(vm, 0, more);
    if (err !== 0) return err;
    const end = packet.data + packet.length;
    vm.memory.bytes.fill(0, end, end + more);
  }
  packet.length = length;
  publish(vm);
  return 0;
}

/** Adds `size` zeros in front of the packet, where its link-layer header then begins. */
export function growHead(vm: Vm, size: number): 0 | number {
  const { packet } = vm.machine;
  const err = makeRoom(vm, size, 0);
  if (err !== 0) return err;
  packet.data -= size;
  packet.length += size;
  vm.memory.bytes.fill(0, packet.data, packet.data + size);
  packet.macHeader = packet.data;
  publish(vm);
  return 0;
}

/** Puts `size` zeros behind the first `off` bytes. @linux net/core/filter.c `bpf_skb_generic_push` (6.18) */
export function insertAt(vm: Vm, off: number, size: number): 0 | number {
  const { packet } = vm.machine;
  const err = makeRoom(vm, size, 0);
  if (err !== 0) return err;
  const { bytes } = vm.memory;
  const start = packet.data - size;
  bytes.copyWithin(start, packet.data, packet.data + off);
  bytes.fill(0, start + off, start + off + size);
  packet.data = start;
  packet.length += size;
  packet.macHeader -= size;
  packet.networkHeader -= size;
  publish(vm);
  return 0;
}

/** Takes `size` bytes away behind the first `off`. @linux net/core/filter.c `bpf_skb_generic_pop` (6.18) */
export function removeAt(vm: Vm, off: number, size: number): 0 {
  const { packet } = vm.machine;
  vm.memory.bytes.copyWithin(packet.data + size, packet.data, packet.data + off);
  packet.data += size;
  packet.length -= size;
  packet.macHeader += size;
  packet.networkHeader += size;
  publish(vm);
  return 0;
}
