/** Waiting on maps. @linux kernel/bpf/syscall.c `bpf_map_poll`, kernel/bpf/ringbuf.c `ringbuf_map_poll_kern` (6.18) */
import type { BpfObject } from "../bpf/kernel.ts";
import type { RingbufMap } from "../bpf/maps/ringbuf.ts";
import type { File, PollTable } from "../fs/fs.ts";
import { pollWait } from "../fs/poll.ts";
import {
  DEFAULT_POLLMASK,
  EPOLLERR,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from "../include/uapi/poll.ts";
import type { Kernel } from "./kernel.ts";
import { WaitQueueHead } from "./wait.ts";

/** What is possible on a descriptor of BPF: of maps, only ring buffers are waited for. */
export function bpfPoll(file: File, table: PollTable | undefined): number {
  const { kernel } = file.inode.sb;
  const { bpf } = kernel.hooks;
  const object = file.privateData as BpfObject;
  if (bpf?.mapOf(object) === undefined) return DEFAULT_POLLMASK;
  const ring = bpf.ringbufOf(object);
  if (ring === undefined) return EPOLLERR;
  pollWait(file, queueOf(kernel, ring), table);
  const isReady = bpf.sharedPages().within(() => ring.isReady);
  if (!isReady) return 0;
  return ring.isForPrograms ? EPOLLOUT | EPOLLWRNORM : EPOLLIN | EPOLLRDNORM;
}

/** Those that a ring is polled by; made when the first one asks. */
function queueOf(kernel: Kernel, ring: RingbufMap): WaitQueueHead {
  const all = kernel.subsystem("bpf-ring-waiters", () => new WeakMap<RingbufMap, WaitQueueHead>());
  const known = all.get(ring);
  if (known !== undefined) return known;
  const queue = new WaitQueueHead();
  all.set(ring, queue);
  let isWaking = false;
  ring.waiters = {
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
