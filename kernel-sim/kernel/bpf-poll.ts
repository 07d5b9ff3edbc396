/** Waiting on objects of BPF. @linux kernel/bpf/syscall.c `bpf_map_poll`, `bpf_link_poll` (6.18) */
import type { BpfObject } from "../bpf/kernel.ts";
import type { Pollable } from "../bpf/pollable.ts";
import type { File, PollTable } from "../fs/fs.ts";
import { pollWait } from "../fs/poll.ts";
import { DEFAULT_POLLMASK, EPOLLERR } from "../include/uapi/poll.ts";
import type { Kernel } from "./kernel.ts";
import { WaitQueueHead } from "./wait.ts";

/** What is possible on a descriptor: ring buffers and links of tables can be waited for, other maps cannot. */
export function bpfPoll(file: File, table: PollTable | undefined): number {
  const { kernel } = file.inode.sb;
  const { bpf } = kernel.hooks;
  const object = file.privateData as BpfObject;
  const pollable = bpf?.pollableOf(object);
  if (bpf === undefined || pollable === undefined) {
    return bpf?.mapOf(object) === undefined ? DEFAULT_POLLMASK : EPOLLERR;
  }
  pollWait(file, queueOf(kernel, pollable), table);
  return bpf.sharedPages().within(() => pollable.events);
}

/** Those that wait for it; made when the first one asks. */
function queueOf(kernel: Kernel, pollable: Pollable): WaitQueueHead {
  const all = kernel.subsystem("bpf-waiters", () => new WeakMap<Pollable, WaitQueueHead>());
  const known = all.get(pollable);
  if (known !== undefined) return known;
  const queue = new WaitQueueHead();
  all.set(pollable, queue);
  let isWaking = false;
  pollable.waiters = {
    wake() {
      if (isWaking || queue.isEmpty) return;
      isWaking = true;
      // As an irq_work: a program may run where nobody can be woken.
      kernel.events.schedule(kernel.now(), () => {
        isWaking = false;
        queue.wakeUpAll();
      });
    },
  };
  return queue;
}
