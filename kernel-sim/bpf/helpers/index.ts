import { SKB_GET_NLATTR, SKB_GET_NLATTR_NEST, SKB_GET_PAY_OFFSET } from "../classic/extensions.ts";
import type { CallingHelper, HelperBody } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import {
  kfuncBodies,
  kfuncBodyIndex,
  kfuncCallers,
  makerBodyIndex,
  printerBodyIndex,
} from "../kfuncs/bodies.ts";
import { findVma } from "../kfuncs/vma.ts";
import { INLINED_LOOP } from "../predecode.ts";
import { forEachMapElem, inlinedLoop, loop } from "./callbacks.ts";
import {
  getCgroupClassid,
  getCurrentAncestorCgroupId,
  getCurrentCgroupId,
  getNsCurrentPidTgid,
  getRouteRealm,
  skAncestorCgroupId,
  skbAncestorCgroupId,
  skbCgroupId,
  skCgroupId,
} from "./cgroup.ts";
import { csumDiff, csumLevel, csumUpdate, l3CsumReplace, l4CsumReplace } from "./checksum.ts";
import { skbGetNlattr, skbGetNlattrNest, skbGetPayOffset } from "./classic.ts";
import { dynptrData, dynptrFromMem, dynptrRead, dynptrWrite } from "./dynptr.ts";
import { bprmOptsSet, dPath, imaHash, sockFromFile } from "./files.ts";
import { kptrXchg, perCpuPtr, thisCpuPtr } from "./kptr.ts";
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
import { checkMtu } from "./mtu.ts";
import { currentTaskUnderCgroup, skbUnderCgroup } from "./object-array.ts";
import { objectStorageDelete, objectStorageGet } from "./object-storage.ts";
import { perfEventOutput, perfEventRead, perfEventReadValue, perfProgReadValue } from "./perf.ts";
import {
  copyFromUser,
  copyFromUserTask,
  probeRead,
  probeReadKernel,
  probeReadKernelStr,
  probeReadStr,
  probeReadUser,
  probeReadUserStr,
  probeWriteUser,
} from "./probe.ts";
import { redirect, redirectMap, redirectNeigh, redirectPeer } from "./redirect.ts";
import {
  ringbufDiscard,
  ringbufDiscardDynptr,
  ringbufOutput,
  ringbufQuery,
  ringbufReserve,
  ringbufReserveDynptr,
  ringbufSubmit,
  ringbufSubmitDynptr,
} from "./ringbuf.ts";
import { cloneRedirect, fibLookup, skAssign, skbGetXfrmState } from "./routing.ts";
import { seqPrintf, seqPrintfBtf, seqWrite } from "./seq.ts";
import { sendSignal, sendSignalThread } from "./signal.ts";
import {
  getHashRecalc,
  setHash,
  setHashInvalid,
  skbChangeType,
  skbEcnSetCe,
  skbLoadBytes,
  skbLoadBytesRelative,
  skbSetTstamp,
  skbStoreBytes,
  skbVlanPop,
  skbVlanPush,
} from "./skb.ts";
import {
  skbAdjustRoom,
  skbChangeHead,
  skbChangeProto,
  skbChangeTail,
  skbPullData,
} from "./skb-room.ts";
import { snprintfBtf } from "./snprintf-btf.ts";
import {
  getNetnsCookie,
  getSocketCookie,
  getSocketUid,
  skFullsock,
  skLookup,
  skRelease,
} from "./socket.ts";
import {
  getListenerSock,
  skcToMptcpSock,
  skcToTcp6Sock,
  skcToTcpRequestSock,
  skcToTcpTimewaitSock,
  skcToUdp6Sock,
  skcToUnixSock,
  tcpSock,
} from "./socket-cast.ts";
import { spinLock, spinUnlock } from "./spin-lock.ts";
import { getStack, getStackid, getTaskStack } from "./stack.ts";
import { snprintf, strncmp, strtol, strtoul } from "./strings.ts";
import {
  tcpRawCheckSyncookieIpv4,
  tcpRawCheckSyncookieIpv6,
  tcpRawGenSyncookieIpv4,
  tcpRawGenSyncookieIpv6,
} from "./syncookies.ts";
import { btfFindByNameKind, kallsymsLookupName, sysBpfHelper, sysClose } from "./syscall-prog.ts";
import {
  getCurrentComm,
  getCurrentPidTgid,
  getCurrentUidGid,
  getNumaNodeId,
  getPrandomU32,
  getSmpProcessorId,
  jiffies64,
  ktimeGetNs,
  ktimeGetTaiNs,
} from "./system.ts";
import { timerCancel, timerInit, timerSetCallback, timerStart } from "./timer.ts";
import { tracePrintk, traceVprintk } from "./trace-printk.ts";
import {
  getAttachCookie,
  getBranchSnapshot,
  getCurrentTask,
  getFuncArg,
  getFuncArgCnt,
  getFuncIp,
  getFuncRet,
  taskPtRegs,
} from "./tracing.ts";
import { skbGetTunnelKey, skbGetTunnelOpt, skbSetTunnelKey, skbSetTunnelOpt } from "./tunnel.ts";
import { userRingbufDrain } from "./user-ringbuf.ts";
import {
  xdpAdjustHead,
  xdpAdjustMeta,
  xdpAdjustTail,
  xdpGetBuffLen,
  xdpLoadBytes,
  xdpStoreBytes,
} from "./xdp.ts";

/** Bodies of helpers by number. @linux include/uapi/linux/bpf.h `__BPF_FUNC_MAPPER` (6.18) */
const BODIES: Readonly<Record<number, HelperBody<BpfKernel>>> = {
  1: mapLookupElem,
  2: mapUpdateElem,
  3: mapDeleteElem,
  4: probeRead,
  5: ktimeGetNs,
  6: tracePrintk,
  7: getPrandomU32,
  8: getSmpProcessorId,
  9: skbStoreBytes,
  10: l3CsumReplace,
  11: l4CsumReplace,
  13: cloneRedirect,
  14: getCurrentPidTgid,
  15: getCurrentUidGid,
  16: getCurrentComm,
  17: getCgroupClassid,
  18: skbVlanPush,
  19: skbVlanPop,
  20: skbGetTunnelKey,
  21: skbSetTunnelKey,
  22: perfEventRead,
  23: redirect,
  24: getRouteRealm,
  25: perfEventOutput,
  26: skbLoadBytes,
  27: getStackid,
  28: csumDiff,
  29: skbGetTunnelOpt,
  30: skbSetTunnelOpt,
  31: skbChangeProto,
  32: skbChangeType,
  33: skbUnderCgroup,
  34: getHashRecalc,
  35: getCurrentTask,
  36: probeWriteUser,
  37: currentTaskUnderCgroup,
  38: skbChangeTail,
  39: skbPullData,
  40: csumUpdate,
  41: setHashInvalid,
  42: getNumaNodeId,
  43: skbChangeHead,
  44: xdpAdjustHead,
  45: probeReadStr,
  46: getSocketCookie,
  47: getSocketUid,
  48: setHash,
  50: skbAdjustRoom,
  51: redirectMap,
  54: xdpAdjustMeta,
  55: perfEventReadValue,
  56: perfProgReadValue,
  65: xdpAdjustTail,
  66: skbGetXfrmState,
  67: getStack,
  68: skbLoadBytesRelative,
  69: fibLookup,
  79: skbCgroupId,
  80: getCurrentCgroupId,
  81: getLocalStorage,
  83: skbAncestorCgroupId,
  84: skLookup,
  85: skLookup,
  86: skRelease,
  87: mapPushElem,
  88: mapPopElem,
  89: mapPeekElem,
  93: spinLock,
  94: spinUnlock,
  95: skFullsock,
  96: tcpSock,
  97: skbEcnSetCe,
  98: getListenerSock,
  99: skLookup,
  105: strtol,
  106: strtoul,
  107: objectStorageGet,
  108: objectStorageDelete,
  109: sendSignal,
  112: probeReadUser,
  113: probeReadKernel,
  114: probeReadUserStr,
  115: probeReadKernelStr,
  117: sendSignalThread,
  118: jiffies64,
  120: getNsCurrentPidTgid,
  122: getNetnsCookie,
  123: getCurrentAncestorCgroupId,
  124: skAssign,
  125: ktimeGetNs,
  128: skCgroupId,
  129: skAncestorCgroupId,
  126: seqPrintf,
  127: seqWrite,
  130: ringbufOutput,
  131: ringbufReserve,
  132: ringbufSubmit,
  133: ringbufDiscard,
  134: ringbufQuery,
  135: csumLevel,
  136: skcToTcp6Sock,
  137: tcpSock,
  138: skcToTcpTimewaitSock,
  139: skcToTcpRequestSock,
  140: skcToUdp6Sock,
  141: getTaskStack,
  145: objectStorageGet,
  146: objectStorageDelete,
  147: dPath,
  148: copyFromUser,
  149: snprintfBtf,
  150: seqPrintfBtf,
  151: getCgroupClassid,
  152: redirectNeigh,
  153: perCpuPtr,
  154: thisCpuPtr,
  155: redirectPeer,
  156: objectStorageGet,
  157: objectStorageDelete,
  158: getCurrentTask,
  159: bprmOptsSet,
  160: ktimeGetNs,
  161: imaHash,
  162: sockFromFile,
  163: checkMtu,
  165: snprintf,
  166: sysBpfHelper,
  167: btfFindByNameKind,
  168: sysClose,
  169: timerInit,
  170: timerSetCallback,
  171: timerStart,
  172: timerCancel,
  173: getFuncIp,
  174: getAttachCookie,
  175: taskPtRegs,
  176: getBranchSnapshot,
  177: traceVprintk,
  178: skcToUnixSock,
  179: kallsymsLookupName,
  182: strncmp,
  183: getFuncArg,
  184: getFuncRet,
  185: getFuncArgCnt,
  188: xdpGetBuffLen,
  189: xdpLoadBytes,
  190: xdpStoreBytes,
  191: copyFromUserTask,
  192: skbSetTstamp,
  193: imaHash,
  194: kptrXchg,
  195: mapLookupPercpuElem,
  196: skcToMptcpSock,
  197: dynptrFromMem,
  198: ringbufReserveDynptr,
  199: ringbufSubmitDynptr,
  200: ringbufDiscardDynptr,
  201: dynptrRead,
  202: dynptrWrite,
  203: dynptrData,
  204: tcpRawGenSyncookieIpv4,
  205: tcpRawGenSyncookieIpv6,
  206: tcpRawCheckSyncookieIpv4,
  207: tcpRawCheckSyncookieIpv6,
  208: ktimeGetTaiNs,
  210: objectStorageGet,
  211: objectStorageDelete,
  [SKB_GET_PAY_OFFSET]: skbGetPayOffset,
  [SKB_GET_NLATTR]: skbGetNlattr,
  [SKB_GET_NLATTR_NEST]: skbGetNlattrNest,
};

/** The same, of those that call functions of the program. */
const CALLERS: Readonly<Record<number, CallingHelper<BpfKernel>>> = {
  [INLINED_LOOP]: inlinedLoop,
  164: forEachMapElem,
  180: findVma,
  181: loop,
  209: userRingbufDrain,
};

/** Behind the last helper stand the functions of classic programs. */
const HIGHEST_HELPER = SKB_GET_NLATTR_NEST;

const KFUNC_NUMBER = HIGHEST_HELPER + 1;

/** Behind the helpers follow the functions of the kernel, which have no numbers of their own. */
export const helperBodies: readonly (HelperBody<BpfKernel> | undefined)[] = Object.freeze([
  ...Array.from({ length: HIGHEST_HELPER + 1 }, (_, id) => BODIES[id]),
  ...kfuncBodies,
]);

/** Where a function of the kernel stands among the helpers; undefined: the machine does not have it. */
export function kfuncBodyNumber(name: string, mayWritePackets: boolean): number | undefined {
  const index = kfuncBodyIndex(name, mayWritePackets);
  return index === undefined ? undefined : KFUNC_NUMBER + index;
}

/** The same for who makes objects of a type. */
export function makerNumber(type: number): number {
  return KFUNC_NUMBER + makerBodyIndex(type);
}

/** And for who prints to the streams of a program. */
export function printerNumber(printer: number): number {
  return KFUNC_NUMBER + printerBodyIndex(printer);
}

export const callingHelpers: readonly (CallingHelper<BpfKernel> | undefined)[] = Object.freeze([
  ...Array.from({ length: HIGHEST_HELPER + 1 }, (_, id) => CALLERS[id]),
  ...kfuncCallers,
]);
