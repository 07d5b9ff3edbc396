import { DEFAULT_POLLMASK } from "../include/uapi/poll.ts";
import type { WaitQueueHead } from "../kernel/wait.ts";
import type { File, PollTable } from "./fs.ts";

/** What is possible on `file` now, as a mask of EPOLL… @linux include/linux/poll.h `vfs_poll` (6.18) */
export function vfsPoll(file: File, table: PollTable | undefined): number {
  return file.op.poll === undefined ? DEFAULT_POLLMASK : file.op.poll(file, table);
}

/** Tells who polls, if they want to know, of a queue that reports changes. @linux `poll_wait` */
export function pollWait(file: File, head: WaitQueueHead, table: PollTable | undefined): void {
  table?.queue(file, head);
}
