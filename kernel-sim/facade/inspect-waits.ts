import type { WaitQueueRow } from "../api-observe.ts";
import { type Disk, disks } from "../drivers/block/disk.ts";
import { Tty } from "../drivers/tty/tty.ts";
import { EventfdCtx } from "../fs/eventfd.ts";
import { Eventpoll } from "../fs/eventpoll-item.ts";
import { type File, FMODE_READ, FMODE_WRITE, type Inode } from "../fs/fs.ts";
import { type FileLock, FileLockContext } from "../fs/lock-struct.ts";
import { InotifyGroup } from "../fs/notify/inotify.ts";
import { PipeInodeInfo } from "../fs/pipe-ring.ts";
import { TimerfdCtx } from "../fs/timerfd.ts";
import { futexQueues } from "../kernel/futex/queue.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { TASK_UNINTERRUPTIBLE } from "../kernel/state.ts";
import type { Task } from "../kernel/task.ts";
import type { WaitQueueHead } from "../kernel/wait.ts";
import { Socket } from "../net/socket.ts";
import { UnixSock } from "../net/unix/unix-sock.ts";
import { taskName } from "./inspect-call.ts";
import { fileHolders, type Holder, pathText } from "./inspect-files.ts";
import { columns, hex, listing, pidsText } from "./listing.ts";

/** The disk that a task in state D waits for: nothing else lets it sleep so without a place of its own. */
function busyDisk(kernel: Kernel, { state }: Task): Disk | undefined {
  if ((state & TASK_UNINTERRUPTIBLE) === 0) return undefined;
  return [...disks(kernel).values()].find(({ inFlight }) => inFlight > 0);
}

/** Something that tasks wait for: what it is, who waits, and who could bring it about. */
export interface WaitPlace {
  /** In words: "data in pipe:[7]". */
  readonly what: string;
  readonly waiters: readonly Task[];
  /** Who is woken alone. */
  readonly exclusive: readonly Task[];
  readonly wakers: readonly Task[];
  /** What the wakers have that lets them: "hold its write end". */
  readonly how: string;
  /** It may come from outside: a terminal, a timer. */
  readonly isFromOutside: boolean;
}

/** All places at which somebody waits. */
export function waitPlaces(kernel: Kernel): WaitPlace[] {
  const places = new Places();
  const tasks = [...kernel.tasks].sort((a, b) => a.pid - b.pid);
  for (const task of tasks) addTaskQueues(places, task);
  addFiles(places, kernel, fileHolders(kernel));
  addFutexes(places, kernel, tasks);
  addSemaphores(places, tasks);
  // A queue that nothing above knows is shown all the same.
  for (const task of tasks) {
    if (task.waitingOn === undefined) continue;
    const disk = busyDisk(kernel, task);
    if (disk === undefined) {
      places.queue(task.waitingOn, { what: "something that only the call knows" });
      continue;
    }
    const { name, inFlight } = disk;
    const requests = inFlight === 1 ? "one request" : `${inFlight} requests`;
    const what = `the disk ${name}, which has ${requests} to serve`;
    places.queue(task.waitingOn, { what, isFromOutside: true });
  }
  return places.found;
}

export function waitListing(kernel: Kernel): readonly WaitQueueRow[] {
  const rows = waitPlaces(kernel).map(({ what, waiters, exclusive, wakers }) => ({
    queue: what,
    waiters: pidsOf(waiters),
    exclusive: pidsOf(exclusive),
    wakers: pidsOf(wakers),
  }));
  return listing(rows, (all) =>
    columns(
      ["waits for", "waiters", "woken alone", "who could wake them"],
      all.map((row) => [
        ...[row.queue, pidsText(row.waiters), pidsText(row.exclusive), pidsText(row.wakers)],
      ]),
    ),
  );
}

interface PlaceFacts {
  readonly what: string;
  readonly wakers?: readonly Task[];
  readonly how?: string;
  readonly isFromOutside?: boolean;
}

/** Places at which somebody waits, each queue once. */
class Places {
  readonly found: WaitPlace[] = [];
  readonly #known = new Set<WaitQueueHead>();

  /** A queue of the kernel. */
  queue(head: WaitQueueHead, facts: PlaceFacts): void {
    if (this.#known.has(head)) return;
    this.#known.add(head);
    const entries = head.entries().filter((entry) => entry.task !== undefined);
    this.add(
      entries.map((entry) => entry.task!),
      entries.filter((entry) => entry.exclusive).map((entry) => entry.task!),
      facts,
    );
  }

  add(waiters: readonly Task[], exclusive: readonly Task[], facts: PlaceFacts): void {
    if (waiters.length === 0) return;
    const { what, wakers = [], how = "", isFromOutside = false } = facts;
    this.found.push({ what, waiters, exclusive, wakers: unique(wakers), how, isFromOutside });
  }
}

function addTaskQueues(places: Places, task: Task): void {
  if (task.isThreadGroupLeader) {
    const { threads, waitChldexit, pidfdWait } = task.signal;
    const children = threads.flatMap((thread) => [...thread.children, ...thread.ptraced]);
    places.queue(waitChldexit, {
      what: `a child of ${taskName(task)} to end or stop`,
      wakers: children.filter((child) => child.exitState === 0),
      how: "children that live",
    });
    const ends = { what: `the end of ${taskName(task)}`, wakers: [task], how: "it has to end" };
    places.queue(pidfdWait, ends);
    places.queue(task.threadPid.waitPidfd, ends);
    places.queue(task.sighand.signalfdWqh, {
      what: `a signal for ${taskName(task)}`,
      isFromOutside: true,
    });
  }
  if (task.vforkDone !== undefined) {
    places.queue(task.vforkDone, {
      what: `the child ${taskName(task)} to call execve or end`,
      wakers: [task],
      how: "it has borrowed the memory of its parent",
    });
  }
  if (task.trappingWait !== undefined) {
    places.queue(task.trappingWait, { what: `${taskName(task)} to stop`, wakers: [task] });
  }
}

function addFiles(places: Places, kernel: Kernel, holders: ReadonlyMap<File, Holder[]>): void {
  const tasksWith = (fits: (file: File) => boolean): Task[] =>
    [...holders].filter(([file]) => fits(file)).flatMap(([, held]) => held.map(({ task }) => task));
  const inodes = new Set<Inode>();
  for (const [file, held] of holders) {
    const { inode, privateData } = file;
    const owners = held.map(({ task }) => task);
    const path = pathText(kernel, file);
    if (!inodes.has(inode)) {
      inodes.add(inode);
      if (inode.pipe instanceof PipeInodeInfo) {
        places.queue(inode.pipe.rdWait, {
          what: `data in ${path}`,
          wakers: tasksWith((other) => other.inode === inode && (other.mode & FMODE_WRITE) !== 0),
          how: "hold its write end",
        });
        places.queue(inode.pipe.wrWait, {
          what: `room in ${path}`,
          wakers: tasksWith((other) => other.inode === inode && (other.mode & FMODE_READ) !== 0),
          how: "hold its read end",
        });
      }
      if (inode.flctx instanceof FileLockContext) {
        for (const lock of [...inode.flctx.posix, ...inode.flctx.flock]) {
          addLock(places, kernel, path, lock, holders.get(lock.file) ?? []);
        }
      }
    }
    if (privateData instanceof EventfdCtx) {
      places.queue(privateData.wqh, {
        what: "an eventfd to change",
        wakers: owners,
        how: "have it open",
      });
    } else if (privateData instanceof TimerfdCtx) {
      places.queue(privateData.wqh, { what: "a timerfd to expire", isFromOutside: true });
    } else if (privateData instanceof Eventpoll) {
      places.queue(privateData.wq, {
        what: "one of the files of an epoll to become ready",
        isFromOutside: true,
      });
    } else if (privateData instanceof InotifyGroup) {
      places.queue(privateData.wait, { what: "an inotify event", isFromOutside: true });
    } else if (privateData instanceof Tty) {
      places.queue(privateData.readWait, { what: `input on ${path}`, isFromOutside: true });
      places.queue(privateData.writeWait, { what: `room on ${path}`, isFromOutside: true });
    } else if (privateData instanceof Socket) addSocket(places, privateData, path, tasksWith);
  }
}

function addLock(
  places: Places,
  kernel: Kernel,
  path: string,
  lock: FileLock,
  held: readonly Holder[],
): void {
  const owner = [...kernel.tasks].filter((task) => task.pid === lock.pid);
  const wakers = owner.length > 0 ? owner : held.map(({ task }) => task);
  for (const blocked of lock.blocked) {
    places.queue(blocked.wait, { what: `the lock on ${path}`, wakers, how: "holds the lock" });
    addLock(places, kernel, path, blocked, []);
  }
}

function addSocket(
  places: Places,
  socket: Socket,
  path: string,
  tasksWith: (fits: (file: File) => boolean) => Task[],
): void {
  const { sk } = socket;
  if (sk === undefined) return;
  const peer = sk instanceof UnixSock ? sk.peer : undefined;
  const others = tasksWith(({ privateData }) => {
    if (!(privateData instanceof Socket) || privateData === socket) return false;
    return peer === undefined ? true : privateData.sk === peer;
  });
  places.queue(sk.wq, { what: `something on ${path}`, wakers: others, how: "hold the other end" });
  if (sk instanceof UnixSock) {
    const own = tasksWith((file) => file.privateData === socket);
    places.queue(sk.peerWait, {
      what: `room in the queue of ${path}`,
      wakers: own,
      how: "read it",
    });
  }
}

function addFutexes(places: Places, kernel: Kernel, tasks: readonly Task[]): void {
  const words = new Map<object, Map<number, Task[]>>();
  for (const { key, task } of futexQueues(kernel).all()) {
    const ofOne = words.get(key.of) ?? new Map<number, Task[]>();
    words.set(key.of, ofOne);
    ofOne.set(key.at, [...(ofOne.get(key.at) ?? []), task]);
  }
  for (const [of, ofOne] of words) {
    for (const [at, waiters] of ofOne) {
      // Who shares the word could wake who waits on it.
      const sharers = tasks.filter(
        ({ mm }) => mm === of || mm?.vmas.some((vma) => vma.file?.inode === of) === true,
      );
      places.add(waiters, [], {
        what: `the futex at ${hex(at)}`,
        wakers: sharers.filter((task) => !waiters.includes(task)),
        how: "share the memory it lies in",
      });
    }
  }
}

function addSemaphores(places: Places, tasks: readonly Task[]): void {
  const namespaces = new Set(tasks.map((task) => task.nsproxy.ipc));
  for (const ipc of namespaces) {
    for (const set of ipc.semIds.all()) {
      for (const waiter of [...set.pendingConst, ...set.pendingAlter]) {
        const { num } = waiter.blocking;
        const holder = tasks.filter((task) => task.tgid === set.pids[num]);
        places.add([waiter.task], [], {
          what: `semaphore ${num} of a set, which is ${set.values[num]}`,
          wakers: holder.filter((task) => task !== waiter.task),
          how: "changed it last",
          isFromOutside: true,
        });
      }
    }
  }
}

function unique(tasks: readonly Task[]): Task[] {
  return [...new Set(tasks)];
}

function pidsOf(tasks: readonly Task[]): readonly number[] {
  return Object.freeze(tasks.map((task) => task.pid));
}
