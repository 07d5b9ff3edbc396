import { EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT, EPOLLWAKEUP } from "../include/uapi/eventpoll.ts";
import { EPOLLIN, EPOLLOUT } from "../include/uapi/poll.ts";
import type { UserStruct } from "../kernel/cred.ts";
import { TASK_NORMAL } from "../kernel/state.ts";
import { type WaitQueueEntry, WaitQueueHead } from "../kernel/wait.ts";
import type { File, PollTable } from "./fs.ts";
import { vfsPoll } from "./poll.ts";

/** Bits of an item's events that say how to report, not what. */
export const EP_PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;

/**
 * What an epoll file descriptor refers to: items of interest, and those of them that may be ready.
 *
 * @linux fs/eventpoll.c `struct eventpoll` (6.18)
 */
export class Eventpoll {
  /** Tasks in epoll_wait, and who polls the epoll file itself. */
  readonly wq = new WaitQueueHead();
  readonly pollWait = new WaitQueueHead();
  /** In the order in which they will be looked at. */
  readonly ready = new ReadyList();
  /** All items, by file and descriptor: the same file may be there under several. */
  readonly items = new Map<File, Map<number, Epitem>>();
  readonly user: UserStruct;
  /** Its own open file. */
  file!: File;
  /** Where an event is put together for user memory. */
  readonly eventBytes = new Uint8Array(12);
  readonly eventView = new DataView(this.eventBytes.buffer);
  /** The network's busy polling (EPIOCSPARAMS). */
  busyPollUsecs = 0;
  busyPollBudget = 0;
  preferBusyPoll = false;

  constructor(user: UserStruct) {
    this.user = user;
  }

  find(file: File, fd: number): Epitem | undefined {
    return this.items.get(file)?.get(fd);
  }

  insert(item: Epitem): void {
    let ofFile = this.items.get(item.file);
    if (ofFile === undefined) {
      ofFile = new Map();
      this.items.set(item.file, ofFile);
    }
    ofFile.set(item.fd, item);
  }

  delete(item: Epitem): void {
    const ofFile = this.items.get(item.file);
    ofFile?.delete(item.fd);
    if (ofFile?.size === 0) this.items.delete(item.file);
  }

  *allItems(): Generator<Epitem> {
    for (const ofFile of this.items.values()) yield* ofFile.values();
  }

  /** An item has become ready: who waits is told. */
  notify(): void {
    this.wq.wakeUp();
    // @linux `ep_poll_safewake`
    this.pollWait.wakeUp(1, TASK_NORMAL, EPOLLIN);
  }
}

/** What a program asks for: `struct epoll_event`. */
export interface EpollEvent {
  events: number;
  readonly dataLow: number;
  readonly dataHigh: number;
}

/** A file of interest. @linux fs/eventpoll.c `struct epitem` (6.18) */
export class Epitem implements PollTable {
  readonly ep: Eventpoll;
  readonly file: File;
  readonly fd: number;
  /** What is asked for, and how, as a 32-bit number. */
  events: number;
  /** The caller's 64 bits, given back as they are. */
  dataLow: number;
  dataHigh: number;
  prev: Epitem | undefined = undefined;
  next: Epitem | undefined = undefined;
  isReady = false;
  readonly waits: EpollEntry[] = [];

  constructor(ep: Eventpoll, file: File, fd: number, event: EpollEvent) {
    this.ep = ep;
    this.file = file;
    this.fd = fd;
    this.events = event.events;
    this.dataLow = event.dataLow;
    this.dataHigh = event.dataHigh;
  }

  get key(): number {
    return this.events;
  }

  /** @linux fs/eventpoll.c `ep_ptable_queue_proc` (6.18) */
  queue(_file: File, head: WaitQueueHead): void {
    const entry = new EpollEntry(this, head);
    this.waits.push(entry);
    head.add(entry);
  }

  /** What of the events asked for is there now; with `table`, the queues are joined. @linux `ep_item_poll` */
  poll(table?: PollTable): number {
    return vfsPoll(this.file, table) & this.events;
  }
}

/** An item's place on a queue of its file: `struct eppoll_entry`. */
class EpollEntry implements WaitQueueEntry {
  readonly item: Epitem;
  readonly head: WaitQueueHead;
  readonly task = undefined;
  readonly exclusive: boolean;

  constructor(item: Epitem, head: WaitQueueHead) {
    this.item = item;
    this.head = head;
    this.exclusive = (item.events & EPOLLEXCLUSIVE) !== 0;
  }

  /** The file reports something. @linux fs/eventpoll.c `ep_poll_callback` (6.18) */
  func(_entry: WaitQueueEntry, _mode: number, key: number): boolean {
    const { item } = this;
    const { ep, events } = item;
    const isExclusive = (events & EPOLLEXCLUSIVE) !== 0;
    // One-shot, and used up; or not what it waits for. A key of 0 may be anything.
    const isWanted = (events & ~EP_PRIVATE_BITS) !== 0 && (key === 0 || (key & events) !== 0);
    if (!isWanted) return !isExclusive;
    ep.ready.addLast(item);
    let hasWoken = !isExclusive;
    if (isExclusive && !ep.wq.isEmpty) {
      const inOut = key & (EPOLLIN | EPOLLOUT);
      hasWoken = inOut === 0 || (inOut & events) === inOut;
      if (inOut === (EPOLLIN | EPOLLOUT)) hasWoken = false;
    }
    ep.notify();
    return hasWoken;
  }
}

/** The items that watch `file`, of all epoll files. */
export function epitemsOf(file: File): Set<Epitem> {
  if (file.epitems === undefined) file.epitems = new Set<Epitem>();
  return file.epitems as Set<Epitem>;
}

/** The items that may be ready, first to be looked at first; an item is in it once. */
class ReadyList {
  #first: Epitem | undefined = undefined;
  #last: Epitem | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get first(): Epitem | undefined {
    return this.#first;
  }

  get last(): Epitem | undefined {
    return this.#last;
  }

  addLast(item: Epitem): void {
    if (item.isReady) return;
    item.isReady = true;
    item.prev = this.#last;
    item.next = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  addFirst(item: Epitem): void {
    if (item.isReady) return;
    item.isReady = true;
    item.prev = undefined;
    item.next = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.prev = item;
    this.#first = item;
  }

  remove(item: Epitem): void {
    if (!item.isReady) return;
    item.isReady = false;
    if (item.prev === undefined) this.#first = item.next;
    else item.prev.next = item.next;
    if (item.next === undefined) this.#last = item.prev;
    else item.next.prev = item.prev;
    item.prev = undefined;
    item.next = undefined;
  }
}
