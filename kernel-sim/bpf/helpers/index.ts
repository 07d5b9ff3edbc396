import { SKB_GET_NLATTR, SKB_GET_NLATTR_NEST, SKB_GET_PAY_OFFSET } from "../classic/extensions.ts";
import type { CallingHelper, HelperBody } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import { kfuncBodies, kfuncBodyIndex } from "../kfuncs/bodies.ts";
import { INLINED_LOOP } from "../predecode.ts";
import { forEachMapElem, inlinedLoop, loop } from "./callbacks.ts";
import { csumDiff } from "./checksum.ts";
import { skbGetNlattr, skbGetNlattrNest, skbGetPayOffset } from "./classic.ts";
import { dynptrData, dynptrFromMem, dynptrRead, dynptrWrite } from "./dynptr.ts";
import { getLocalStorage } from "./local-storage.ts";
import {
  mapDeleteElem,
  mapLookupElem,
  mapLookupPercpuElem,
  mapPeekElem,
  mapPopElem,
  mapPushElem,
  mapUpdateElem,
} from "./map.ts";
import {
  currentTaskUnderCgroup,
  perfEventRead,
  perfEventReadValue,
  skbUnderCgroup,
} from "./object-array.ts";
import { objectStorageDelete, objectStorageGet } from "./object-storage.ts";
import { redirectMap } from "./redirect.ts";
import {
  ringbufDiscard,
  ringbufOutput,
  ringbufQuery,
  ringbufReserve,
  ringbufSubmit,
} from "./ringbuf.ts";
import { skbLoadBytes } from "./skb.ts";
import { spinLock, spinUnlock } from "./spin-lock.ts";
import {
  getCurrentComm,
  getCurrentPidTgid,
  getCurrentUidGid,
  getNumaNodeId,
  getPrandomU32,
  getSmpProcessorId,
  jiffies64,
  ktimeGetNs,
} from "./system.ts";
import { timerCancel, timerInit, timerSetCallback, timerStart } from "./timer.ts";
import { tracePrintk } from "./trace-printk.ts";
import { userRingbufDrain } from "./user-ringbuf.ts";
import { xdpAdjustHead, xdpAdjustMeta, xdpAdjustTail } from "./xdp.ts";

/** Bodies of helpers by number. @linux include/uapi/linux/bpf.h `__BPF_FUNC_MAPPER` (6.18) */
const BODIES: Readonly<Record<number, HelperBody<BpfKernel>>> = {
  1: mapLookupElem,
  2: mapUpdateElem,
  3: mapDeleteElem,
  5: ktimeGetNs,
  6: tracePrintk,
  7: getPrandomU32,
  8: getSmpProcessorId,
  14: getCurrentPidTgid,
  15: getCurrentUidGid,
  16: getCurrentComm,
  22: perfEventRead,
  26: skbLoadBytes,
  28: csumDiff,
  33: skbUnderCgroup,
  37: currentTaskUnderCgroup,
  42: getNumaNodeId,
  44: xdpAdjustHead,
  51: redirectMap,
  54: xdpAdjustMeta,
  55: perfEventReadValue,
  65: xdpAdjustTail,
  81: getLocalStorage,
  87: mapPushElem,
  88: mapPopElem,
  89: mapPeekElem,
  93: spinLock,
  94: spinUnlock,
  118: jiffies64,
  125: ktimeGetNs,
  130: ringbufOutput,
  131: ringbufReserve,
  132: ringbufSubmit,
  133: ringbufDiscard,
  134: ringbufQuery,
  160: ktimeGetNs,
  169: timerInit,
  170: timerSetCallback,
  171: timerStart,
  172: timerCancel,
  107: objectStorageGet,
  108: objectStorageDelete,
  145: objectStorageGet,
  146: objectStorageDelete,
  156: objectStorageGet,
  157: objectStorageDelete,
  210: objectStorageGet,
  211: objectStorageDelete,
  195: mapLookupPercpuElem,
  197: dynptrFromMem,
  201: dynptrRead,
  202: dynptrWrite,
  203: dynptrData,
  [SKB_GET_PAY_OFFSET]: skbGetPayOffset,
  [SKB_GET_NLATTR]: skbGetNlattr,
  [SKB_GET_NLATTR_NEST]: skbGetNlattrNest,
};

/** The same, of those that call functions of the program. */
const CALLERS: Readonly<Record<number, CallingHelper<BpfKernel>>> = {
  [INLINED_LOOP]: inlinedLoop,
  164: forEachMapElem,
  181: loop,
  209: userRingbufDrain,
};

/** Behind the last helper stand the functions of classic programs. */
const HIGHEST_HELPER = SKB_GET_NLATTR_NEST;

/** Behind the helpers follow the functions of the kernel, which have no numbers of their own. */
export const helperBodies: readonly (HelperBody<BpfKernel> | undefined)[] = Object.freeze([
  ...Array.from({ length: HIGHEST_HELPER + 1 }, (_, id) => BODIES[id]),
  ...kfuncBodies,
]);

/** Where a function of the kernel stands among the helpers; undefined: the machine does not have it. */
export function kfuncBodyNumber(name: string, mayWritePackets: boolean): number | undefined {
  const index = kfuncBodyIndex(name, mayWritePackets);
  return index === undefined ? undefined : HIGHEST_HELPER + 1 + index;
}

export const callingHelpers: readonly (CallingHelper<BpfKernel> | undefined)[] = Object.freeze(
  Array.from({ length: HIGHEST_HELPER + 1 }, (_, id) => CALLERS[id]),
);
