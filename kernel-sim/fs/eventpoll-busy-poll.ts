import { EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { CAP_NET_ADMIN } from "../include/uapi/capability.ts";
import { capable } from "../kernel/cred.ts";
import type { Task } from "../kernel/task.ts";
import { copyToUser, structFromUser } from "../mm/uaccess.ts";
import type { Eventpoll } from "./eventpoll-item.ts";
import type { File } from "./fs.ts";

const EPIOCSPARAMS = 0x40088a01;
const EPIOCGPARAMS = 0x80088a02;
const NAPI_POLL_WEIGHT = 64;
const EPOLL_PARAMS_SIZE = 8;

/**
 * How long epoll_wait may ask network devices itself before it sleeps.
 *
 * @linux fs/eventpoll.c `ep_eventpoll_bp_ioctl` (6.18)
 * @simplified the figures are kept and given back; no device is polled.
 */
export function epIoctl(task: Task, file: File, cmd: number, arg: number): number {
  const ep = file.privateData as Eventpoll;
  if (cmd === EPIOCSPARAMS) return setParams(task, ep, arg);
  if (cmd !== EPIOCGPARAMS) return -EINVAL;
  const view = new DataView(new ArrayBuffer(EPOLL_PARAMS_SIZE));
  view.setUint32(0, ep.busyPollUsecs, true);
  view.setUint16(4, ep.busyPollBudget, true);
  view.setUint8(6, ep.preferBusyPoll ? 1 : 0);
  return copyToUser(task, arg, new Uint8Array(view.buffer));
}

function setParams(task: Task, ep: Eventpoll, arg: number): number {
  const view = structFromUser(task, arg, EPOLL_PARAMS_SIZE);
  if (typeof view === "number") return -EFAULT;
  const usecs = view.getUint32(0, true);
  const budget = view.getUint16(4, true);
  const prefer = view.getUint8(6);
  if (view.getUint8(7) !== 0 || usecs > 0x7fffffff || prefer > 1) return -EINVAL;
  if (budget > NAPI_POLL_WEIGHT && !capable(task.cred, CAP_NET_ADMIN)) return -EPERM;
  ep.busyPollUsecs = usecs;
  ep.busyPollBudget = budget;
  ep.preferBusyPoll = prefer === 1;
  return 0;
}
