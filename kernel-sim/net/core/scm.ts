import { fput, getFile } from "../../fs/file-table.ts";
import type { File } from "../../fs/fs.ts";
import { pidfdCreate } from "../../fs/pidfs.ts";
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../../include/errno.ts";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN } from "../../include/uapi/capability.ts";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  SCM_CREDENTIALS,
  SCM_PIDFD,
  SCM_RIGHTS,
  SOL_SOCKET,
} from "../../include/uapi/socket.ts";
import { capable, type UserStruct } from "../../kernel/cred.ts";
import { findVpid, type Pid } from "../../kernel/pid.ts";
import type { Task } from "../../kernel/task.ts";
import { copyToUser } from "../../mm/uaccess.ts";
import type { Msghdr } from "../msghdr.ts";
import type { Socket } from "../socket.ts";

/** Most descriptors in one message. */
const SCM_MAX_FD = 253;
const CMSGHDR_BYTES = 16;
const UCRED_BYTES = 12;
const INVALID_ID = 0xffffffff;

/** Open files on their way with a message. @linux include/net/scm.h `struct scm_fp_list` (6.18) */
export interface ScmFpList {
  readonly files: readonly File[];
  /** Who is charged for them. */
  readonly user: UserStruct;
}

/** Control messages on their way in or out. @linux include/net/scm.h `struct scm_cookie` (6.18) */
export interface ScmCookie {
  pid: Pid | undefined;
  uid: number;
  gid: number;
  fp: ScmFpList | undefined;
}

export function emptyScm(): ScmCookie {
  return { pid: undefined, uid: INVALID_ID, gid: INVALID_ID, fp: undefined };
}

/** Lets go of what a cookie holds (`scm_destroy`). */
export function scmDestroy(scm: ScmCookie): void {
  const { fp } = scm;
  scm.fp = undefined;
  if (fp !== undefined) scmFpDestroy(fp);
}

export function scmFpDestroy(fp: ScmFpList): void {
  for (let i = fp.files.length - 1; i >= 0; i--) fput(fp.files[i]!);
}

/** The same files once more, for a peek (`scm_fp_dup`). */
export function scmFpDup(fp: ScmFpList): ScmFpList {
  for (const file of fp.files) getFile(file);
  return { files: fp.files, user: fp.user };
}

/** Where the next control message begins: lengths are rounded up to 8 bytes. */
export function cmsgAlign(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/**
 * Reads the control messages of sendmsg(2): descriptors and credentials. A negative errno refuses them.
 *
 * @linux net/core/scm.c `__scm_send` (6.18)
 */
export function scmSend(task: Task, sock: Socket, msg: Msghdr, scm: ScmCookie): number {
  const control = msg.control;
  if (control === undefined) return 0;
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  let at = 0;
  while (at + CMSGHDR_BYTES <= control.length) {
    const len = view.getUint32(at, true);
    const isOk =
      view.getUint32(at + 4, true) === 0 && len >= CMSGHDR_BYTES && len <= control.length - at;
    const answer = isOk ? scmSendOne(task, sock, view, at, len, scm) : -EINVAL;
    if (answer < 0) {
      scmDestroy(scm);
      return answer;
    }
    at += cmsgAlign(len);
  }
  if (scm.fp !== undefined && scm.fp.files.length === 0) scm.fp = undefined;
  return 0;
}

function scmSendOne(
  task: Task,
  sock: Socket,
  view: DataView,
  at: number,
  len: number,
  scm: ScmCookie,
): number {
  if (view.getInt32(at + 8, true) !== SOL_SOCKET) return 0;
  const type = view.getInt32(at + 12, true);
  if (type === SCM_RIGHTS) {
    if (sock.ops.family !== AF_UNIX) return -EINVAL;
    return scmFpCopy(task, view, at, len, scm);
  }
  if (type !== SCM_CREDENTIALS || len !== CMSGHDR_BYTES + UCRED_BYTES) return -EINVAL;
  const nr = view.getInt32(at + 16, true);
  const uid = view.getUint32(at + 20, true);
  const gid = view.getUint32(at + 24, true);
  const answer = scmCheckCreds(task, nr, uid, gid);
  if (answer < 0) return answer;
  if (scm.pid === undefined || scm.pid.nr(task.pidNs()) !== nr) {
    const pid = findVpid(task, nr);
    if (pid === undefined) return -ESRCH;
    scm.pid = pid;
  }
  scm.uid = uid;
  scm.gid = gid;
  return 0;
}

/** Only one's own ids may be claimed, or any with the capabilities for it. @linux `scm_check_creds` */
function scmCheckCreds(task: Task, pid: number, uid: number, gid: number): number {
  const { cred } = task;
  if (uid === INVALID_ID || gid === INVALID_ID) return -EINVAL;
  const isPidOk = pid === task.tgidNr() || capable(cred, CAP_SYS_ADMIN);
  const isUidOk =
    uid === cred.uid || uid === cred.euid || uid === cred.suid || capable(cred, CAP_SETUID);
  const isGidOk =
    gid === cred.gid || gid === cred.egid || gid === cred.sgid || capable(cred, CAP_SETGID);
  return isPidOk && isUidOk && isGidOk ? 0 : -EPERM;
}

/** @linux net/core/scm.c `scm_fp_copy` (6.18) */
function scmFpCopy(task: Task, view: DataView, at: number, len: number, scm: ScmCookie): number {
  const num = Math.floor((len - CMSGHDR_BYTES) / 4);
  if (num <= 0) return 0;
  const files = [...(scm.fp?.files ?? [])];
  if (num > SCM_MAX_FD || files.length + num > SCM_MAX_FD) return -EINVAL;
  let answer = num;
  for (let i = 0; i < num; i++) {
    const fd = view.getInt32(at + CMSGHDR_BYTES + 4 * i, true);
    const file = fd < 0 ? undefined : task.files.get(fd);
    if (file === undefined) {
      answer = -EBADF;
      break;
    }
    files.push(getFile(file));
  }
  scm.fp = { files, user: task.cred.user };
  return answer;
}

/**
 * Hands control messages to the program that receives.
 *
 * @linux net/core/scm.c `scm_recv_unix` (6.18)
 */
export function scmRecvUnix(task: Task, sock: Socket, msg: Msghdr, scm: ScmCookie): void {
  const options = sock.sk!.options;
  if (msg.controlAddr === 0) {
    if (options.passCred || options.passPidfd || scm.fp !== undefined) msg.flags |= MSG_CTRUNC;
    scmDestroy(scm);
    return;
  }
  if (options.passCred) {
    const ucred = new DataView(new ArrayBuffer(UCRED_BYTES));
    ucred.setInt32(0, scm.pid?.nr(task.pidNs()) ?? 0, true);
    ucred.setUint32(4, overflowId(scm.uid), true);
    ucred.setUint32(8, overflowId(scm.gid), true);
    putCmsg(task, msg, SOL_SOCKET, SCM_CREDENTIALS, new Uint8Array(ucred.buffer));
  }
  if (scm.fp !== undefined) scmDetachFds(task, msg, scm);
  if (options.passPidfd) scmPidfdRecv(task, msg, scm);
}

/** A descriptor that names the sender. @linux net/core/scm.c `scm_pidfd_recv` (6.18) */
function scmPidfdRecv(task: Task, msg: Msghdr, scm: ScmCookie): void {
  if (msg.controlLen < msg.layout.cmsghdrBytes + 4) {
    msg.flags |= MSG_CTRUNC;
    return;
  }
  if (scm.pid === undefined) return;
  const bytes = new Uint8Array(4);
  const fd = pidfdCreate(task, scm.pid, 0);
  new DataView(bytes.buffer).setInt32(0, fd, true);
  putCmsg(task, msg, SOL_SOCKET, SCM_PIDFD, bytes);
}

/** How an id that has no number here is shown (`from_kuid_munged`). */
function overflowId(id: number): number {
  return id === INVALID_ID ? 65_534 : id;
}

/** Installs the files of a message; what does not fit is closed. @linux net/core/scm.c `scm_detach_fds` (6.18) */
function scmDetachFds(task: Task, msg: Msghdr, scm: ScmCookie): void {
  const { files } = scm.fp!;
  const { cmsghdrBytes } = msg.layout;
  const room = msg.controlLen <= cmsghdrBytes ? 0 : Math.floor((msg.controlLen - cmsghdrBytes) / 4);
  const fdmax = Math.min(room, files.length);
  let installed = 0;
  while (installed < fdmax) {
    const at = msg.controlAddr + cmsghdrBytes + 4 * installed;
    if (receiveFd(task, files[installed]!, at, (msg.flags & MSG_CMSG_CLOEXEC) !== 0) < 0) break;
    installed++;
  }
  if (installed > 0) {
    const len = cmsghdrBytes + 4 * installed;
    if (copyToUser(task, msg.controlAddr, cmsghdr(msg, len, SOL_SOCKET, SCM_RIGHTS)) === 0) {
      advanceControl(msg, len);
    }
  }
  if (installed < files.length) msg.flags |= MSG_CTRUNC;
  scmDestroy(scm);
}

/** @linux fs/file.c `receive_fd` (6.18) */
function receiveFd(task: Task, file: File, at: number, isCloexec: boolean): number {
  const fd = task.files.getUnusedFd(task, isCloexec);
  if (fd < 0) return fd;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, fd, true);
  if (copyToUser(task, at, bytes) < 0) {
    task.files.putUnusedFd(fd);
    return -EFAULT;
  }
  task.files.install(fd, getFile(file));
  return fd;
}

function cmsghdr(msg: Msghdr, len: number, level: number, type: number): Uint8Array {
  const { cmsghdrBytes, wordBytes } = msg.layout;
  const view = new DataView(new ArrayBuffer(cmsghdrBytes));
  view.setUint32(0, len, true);
  view.setInt32(wordBytes, level, true);
  view.setInt32(wordBytes + 4, type, true);
  return new Uint8Array(view.buffer);
}

/** Passes over a control message of `len` bytes: the next one begins at a whole word. */
function advanceControl(msg: Msghdr, len: number): void {
  const { wordBytes } = msg.layout;
  const step = Math.min(Math.ceil(len / wordBytes) * wordBytes, msg.controlLen);
  msg.controlAddr += step;
  msg.controlLen -= step;
}

/** Writes one control message to the program's buffer, cut off where that ends. @linux net/core/scm.c `put_cmsg` (6.18) */
export function putCmsg(
  task: Task,
  msg: Msghdr,
  level: number,
  type: number,
  data: Uint8Array,
): void {
  const { cmsghdrBytes } = msg.layout;
  if (msg.controlAddr === 0 || msg.controlLen < cmsghdrBytes) {
    msg.flags |= MSG_CTRUNC;
    return;
  }
  let len = cmsghdrBytes + data.length;
  if (msg.controlLen < len) {
    msg.flags |= MSG_CTRUNC;
    len = msg.controlLen;
  }
  const bytes = new Uint8Array(len);
  bytes.set(cmsghdr(msg, len, level, type));
  bytes.set(data.subarray(0, len - cmsghdrBytes), cmsghdrBytes);
  if (copyToUser(task, msg.controlAddr, bytes) < 0) return;
  advanceControl(msg, cmsghdrBytes + data.length);
}
