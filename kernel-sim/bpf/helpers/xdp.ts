import { EACCES, EFAULT, EINVAL } from "../../include/errno.ts";
import { ETH_HLEN, XDP_DATA, XDP_DATA_END, XDP_DATA_META } from "../contexts.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

/** Linux keeps a `struct xdp_frame` at the start of the headroom, which no packet may overwrite. */
const XDP_FRAME_BYTES = 40;
/** What a `u8` holds. @linux include/net/xdp.h `xdp_metalen_invalid` (6.18) */
const METADATA_BYTES_MAX = 255;

type Vm = BpfCpu<BpfKernel>;

function field(vm: Vm, offset: number): number {
  return vm.memory.view.getInt32(vm.context + offset, true);
}

function setField(vm: Vm, offset: number, value: number): void {
  vm.memory.view.setInt32(vm.context + offset, value, true);
}

/** @linux net/core/filter.c `bpf_xdp_adjust_head` (6.18) */
export function xdpAdjustHead(vm: Vm): number {
  const data = field(vm, XDP_DATA);
  const meta = field(vm, XDP_DATA_META);
  const dataEnd = field(vm, XDP_DATA_END);
  const metaBytes = data - meta;
  const moved = data + vm.r[4]!;
  const lowest = vm.machine.packet.macHeader + XDP_FRAME_BYTES + metaBytes;
  if (moved < lowest || moved > dataEnd - ETH_HLEN) return -EINVAL;
  if (metaBytes !== 0) vm.memory.bytes.copyWithin(moved - metaBytes, meta, data);
  setField(vm, XDP_DATA_META, moved - metaBytes);
  setField(vm, XDP_DATA, moved);
  return 0;
}

/** @linux net/core/filter.c `bpf_xdp_adjust_tail` (6.18) */
export function xdpAdjustTail(vm: Vm): number {
  const data = field(vm, XDP_DATA);
  const dataEnd = field(vm, XDP_DATA_END);
  const moved = dataEnd + vm.r[4]!;
  const { macHeader, length } = vm.machine.packet;
  if (moved > macHeader + length || moved < data + ETH_HLEN) return -EINVAL;
  if (moved > dataEnd) vm.memory.bytes.fill(0, dataEnd, moved);
  setField(vm, XDP_DATA_END, moved);
  return 0;
}

/** @linux net/core/filter.c `bpf_xdp_adjust_meta` (6.18) */
export function xdpAdjustMeta(vm: Vm): number {
  const data = field(vm, XDP_DATA);
  const meta = field(vm, XDP_DATA_META) + vm.r[4]!;
  if (meta < vm.machine.packet.macHeader + XDP_FRAME_BYTES || meta > data) {
    return -EINVAL;
  }
  const metaBytes = data - meta;
  if ((metaBytes & 3) !== 0 || metaBytes > METADATA_BYTES_MAX) return -EACCES;
  setField(vm, XDP_DATA_META, meta);
  return 0;
}

/** @linux net/core/filter.c `bpf_xdp_get_buff_len` (6.18) */
export function xdpGetBuffLen(vm: Vm): number {
  return field(vm, XDP_DATA_END) - field(vm, XDP_DATA);
}

const OFFSET_MAX = 0xffff;

/** 0 where a piece of the packet may be copied, or a negative errno. @linux net/core/filter.c `bpf_xdp_pointer` (6.18) */
function checkPiece(vm: Vm): 0 | number {
  const offset = vm.r[4]! >>> 0;
  const size = vm.r[8]! >>> 0;
  if (offset > OFFSET_MAX || size > OFFSET_MAX) return -EFAULT;
  return offset + size > xdpGetBuffLen(vm) ? -EINVAL : 0;
}

/** @linux net/core/filter.c `bpf_xdp_load_bytes` (6.18) */
export function xdpLoadBytes(vm: Vm): number {
  const err = checkPiece(vm);
  if (err !== 0) return err;
  const from = field(vm, XDP_DATA) + vm.r[4]!;
  vm.memory.bytes.copyWithin(vm.r[6]!, from, from + vm.r[8]!);
  return 0;
}

/** @linux net/core/filter.c `bpf_xdp_store_bytes` (6.18) */
export function xdpStoreBytes(vm: Vm): number {
  const err = checkPiece(vm);
  if (err !== 0) return err;
  vm.memory.bytes.copyWithin(field(vm, XDP_DATA) + vm.r[4]!, vm.r[6]!, vm.r[6]! + vm.r[8]!);
  return 0;
}
