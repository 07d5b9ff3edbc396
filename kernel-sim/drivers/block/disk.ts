import { addIsaIrq, addMsiIrq } from "../../arch/x86/apic/chips.ts";
import { blkCompleteRequest } from "../../block/blk-mq-complete.ts";
import { DISK_MODELS, type DiskModel } from "../../hw/costs.ts";
import { IRQ_HANDLED, IRQ_NONE } from "../../kernel/irq/irqdesc.ts";
import { requestIrq } from "../../kernel/irq/manage.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Task } from "../../kernel/task.ts";
import { SpindleState } from "./spindle.ts";
import { DiskStats } from "./stats.ts";

export const SECTOR_SIZE = 512;
/** What one request moves at most (`max_sectors_kb`). */
const MAX_SECTORS = 1280 * 2;

/** One read (no `data`) or write of whole sectors. */
export interface DiskRequest {
  readonly sector: number;
  readonly sectors: number;
  readonly data: Uint8Array | undefined;
  /** For whom it is, when not for the task that runs. */
  readonly by?: Task | undefined;
  /** Called when the disk is ready; a read gets its bytes. */
  readonly done: (bytes: Uint8Array) => void;
}

/** A part of a request: what one caller wants. @linux include/linux/blk_types.h `struct bio` (6.18) */
interface Bio extends DiskRequest {
  readonly submitter: Task | undefined;
  readonly since: number;
}

/** What is sent to the disk in one go: neighbours on the disk. @linux include/linux/blk-mq.h `struct request` (6.18) */
interface Request {
  readonly bios: readonly Bio[];
  readonly sector: number;
  readonly sectors: number;
  readonly isRead: boolean;
}

/**
 * A disk and the queue before it: requests that are neighbours are put together, the disk serves one at a time, and an
 * interrupt says when it is done. Before a disk that turns, they are taken in the order of their places (an elevator
 * that goes one way); else first come, first served. What is written is on the disk only when it is done: a machine
 * that stops before has not written it.
 *
 * @linux block/blk-mq.c, block/elevator.c (6.18)
 * @simplified one request at a time is in the drive; none expires, so that a stream can keep the rest waiting.
 */
export class Disk {
  readonly kernel: Kernel;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly model: DiskModel;
  readonly dev: number;
  readonly stats: DiskStats;
  /** How far a reader of a file is served ahead, in KiB (`queue/read_ahead_kb` in sysfs). */
  readAheadKb = 128;
  readonly #irq: number;
  readonly #spindle: SpindleState | undefined;
  #queue: Bio[] = [];
  #inFlight = 0;
  #writesInFlight = 0;
  #isBusy = false;
  /** What the disk has done, until its interrupt is served. */
  #finished: Request | undefined;
  /** Callers whose request is in the drive. */
  #served = 0;
  #isStarting = false;
  /** Behind the last request. */
  #head = 0;
  /** When the disk is done with what it does. */
  #readyAt = 0;

  constructor(
    kernel: Kernel,
    name: string,
    dev: number,
    bytes: Uint8Array,
    model: DiskModel = DISK_MODELS.ssd,
  ) {
    this.kernel = kernel;
    this.name = name;
    this.dev = dev;
    this.bytes = bytes;
    this.model = model;
    this.stats = new DiskStats(kernel);
    this.#irq = addLine(kernel, model);
    requestIrq(kernel, this.#irq, () => this.#interrupt(), 0, model.irqName, this);
    if (model.spindle !== undefined) {
      this.#spindle = new SpindleState(model.spindle, this.sectors);
    }
  }

  /** Requests that are not done yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Reads and writes that are not done yet. @linux block/genhd.c `part_inflight_show` (6.18) */
  get inFlightByKind(): readonly [number, number] {
    return [this.#inFlight - this.#writesInFlight, this.#writesInFlight];
  }

  get sectors(): number {
    return Math.floor(this.bytes.length / SECTOR_SIZE);
  }

  /**
   * Puts a request into the queue. The disk hears of it when the present step is over (`blk_finish_plug`), so that all
   * that one call wants goes together.
   */
  submit(request: DiskRequest): void {
    const { kernel } = this;
    const submitter = request.by ?? kernel.current;
    const bio: Bio = { ...request, submitter, since: kernel.now() };
    if (submitter !== undefined) countIo(submitter, request);
    this.#trace("block:block_bio_queue", request.sector, request.sectors, isRead(bio), submitter);
    this.#queue.push(bio);
    this.#inFlight++;
    if (!isRead(bio)) this.#writesInFlight++;
    this.stats.begin();
    if (this.#isBusy || this.#isStarting) return;
    this.#isStarting = true;
    kernel.events.schedule(kernel.now(), () => {
      this.#isStarting = false;
      this.#dispatch();
    });
  }

  /**
   * Sectors for somebody who cannot sleep, which costs him the time; who looks from outside the machine is served at
   * once, and leaves no trace.
   */
  readNow(sector: number, sectors: number): Uint8Array {
    const { kernel } = this;
    const { current } = kernel;
    const at = sector * SECTOR_SIZE;
    const bytes = this.bytes.subarray(at, at + sectors * SECTOR_SIZE);
    if (current === undefined) return bytes;
    const ns = this.#serve(sector, sectors, true) - kernel.now();
    countIo(current, { sector, sectors, data: undefined });
    this.#trace("block:block_rq_issue", sector, sectors, true, current, true);
    this.#trace("block:block_rq_complete", sector, sectors, true, undefined);
    this.stats.count(true, 1, sectors, ns);
    kernel.chargeCurrent(ns);
    return bytes;
  }

  /** Moves the disk to where it is behind a request that it begins now, or after the one before; answers when that is. */
  #serve(sector: number, sectors: number, isRead: boolean): number {
    const { latencyNs, perSectorNs } = this.model;
    const start = Math.max(this.kernel.now(), this.#readyAt) + latencyNs;
    const passed = this.#spindle?.pass(start, sector, sectors, isRead) ?? start;
    this.#readyAt = Math.max(passed, start + sectors * perSectorNs);
    this.#head = sector + sectors;
    return this.#readyAt;
  }

  #dispatch(): void {
    if (this.#isBusy || this.#queue.length === 0) return;
    const request = this.#next();
    this.#isBusy = true;
    this.#served = request.bios.length;
    const { sector, sectors } = request;
    const { submitter } = request.bios[0]!;
    this.#trace("block:block_rq_issue", sector, sectors, request.isRead, submitter, true);
    const end = this.#serve(sector, sectors, request.isRead);
    this.kernel.events.schedule(end, () => {
      this.#finished = request;
      this.kernel.irq.setLine(this.#irq, true);
    });
  }

  /** Its line is up: what the disk has done is handed on, and the line goes down. */
  #interrupt(): number {
    const request = this.#finished;
    if (request === undefined) return IRQ_NONE;
    this.#finished = undefined;
    this.kernel.irq.setLine(this.#irq, false);
    blkCompleteRequest(this.kernel, () => this.#complete(request));
    return IRQ_HANDLED;
  }

  /** What does not add up: for the debug mode of tests. */
  problems(): readonly string[] {
    const wrong: string[] = [];
    const waiting = this.#queue.length + this.#served;
    if (waiting !== this.#inFlight) {
      wrong.push(`disk ${this.name} has ${waiting} requests and counts ${this.#inFlight}`);
    }
    if (this.stats.inFlight !== this.#inFlight) {
      wrong.push(
        `disk ${this.name} has told of ${this.stats.inFlight} of ${this.#inFlight} requests`,
      );
    }
    const isIdle = !this.#isBusy && !this.#isStarting;
    if (isIdle && this.#queue.length > 0) wrong.push(`disk ${this.name} rests with a full queue`);
    return wrong;
  }

  /** Takes the request that is next, with its neighbours, from the queue. */
  #next(): Request {
    const first = this.#spindle === undefined ? this.#queue[0]! : this.#nextOnTheWay();
    const bios = [first];
    let from = first.sector;
    let to = first.sector + first.sectors;
    // Of two for the same place, the first: they stay in their order.
    const byStart = new Map<number, Bio>();
    const byEnd = new Map<number, Bio>();
    for (const bio of this.#queue) {
      if (isRead(bio) !== isRead(first) || bio === first) continue;
      const end = bio.sector + bio.sectors;
      if (!byStart.has(bio.sector)) byStart.set(bio.sector, bio);
      if (!byEnd.has(end)) byEnd.set(end, bio);
    }
    for (let bio = byStart.get(to); bio !== undefined; bio = byStart.get(to)) {
      if (to - from + bio.sectors > MAX_SECTORS) break;
      bios.push(bio);
      to += bio.sectors;
    }
    for (let bio = byEnd.get(from); bio !== undefined; bio = byEnd.get(from)) {
      if (to - from + bio.sectors > MAX_SECTORS) break;
      bios.push(bio);
      from = bio.sector;
    }
    const taken = new Set(bios);
    this.#queue = this.#queue.filter((bio) => !taken.has(bio));
    return { bios, sector: from, sectors: to - from, isRead: isRead(first) };
  }

  /** The nearest ahead of the heads; behind the last one they begin again. Of the same place, the one that came first. */
  #nextOnTheWay(): Bio {
    let ahead: Bio | undefined;
    let lowest = this.#queue[0]!;
    for (const bio of this.#queue) {
      if (bio.sector < lowest.sector) lowest = bio;
      if (bio.sector >= this.#head && (ahead === undefined || bio.sector < ahead.sector)) {
        ahead = bio;
      }
    }
    return ahead ?? lowest;
  }

  #complete(request: Request): void {
    const { sector, sectors } = request;
    this.#trace("block:block_rq_complete", sector, sectors, request.isRead, undefined);
    const now = this.kernel.now();
    let ns = 0;
    for (const bio of request.bios) ns += now - bio.since;
    this.#inFlight -= request.bios.length;
    if (!request.isRead) this.#writesInFlight -= request.bios.length;
    this.stats.end(request.bios.length);
    this.stats.count(request.isRead, request.bios.length, sectors, ns);
    this.#isBusy = false;
    this.#served = 0;
    for (const { sector: from, sectors: n, data, done } of request.bios) {
      const at = from * SECTOR_SIZE;
      if (data === undefined) done(this.bytes.slice(at, at + n * SECTOR_SIZE));
      else {
        this.bytes.set(data, at);
        done(data);
      }
    }
    this.#dispatch();
  }

  #trace(
    name: string,
    sector: number,
    sectors: number,
    isRead: boolean,
    by: Task | undefined,
    withComm = false,
  ): void {
    const { tracing } = this.kernel;
    const fields = {
      dev: this.dev,
      sector,
      nr_sector: sectors,
      bytes: sectors * SECTOR_SIZE,
      rwbs: isRead ? "R" : "W",
    };
    if (withComm) tracing.event(name, { ...fields, comm: by?.comm ?? "kworker" }, by);
    else tracing.event(name, fields);
  }
}

function addLine(kernel: Kernel, { irq, msi }: DiskModel): number {
  if (msi !== undefined) return addMsiIrq(kernel, irq, msi.table, msi.index);
  addIsaIrq(kernel, irq);
  return irq;
}

function isRead(bio: DiskRequest): boolean {
  return bio.data === undefined;
}

/** What a task has caused to be moved. @linux include/linux/task_io_accounting_ops.h (6.18) */
function countIo(
  task: Task,
  { sectors, data }: Pick<DiskRequest, "sector" | "sectors" | "data">,
): void {
  // Bytes to be written count when they are changed in memory.
  if (data === undefined) task.ioac.readBytes += sectors * SECTOR_SIZE;
}

/** The disks of a machine by device number. */
export function disks(kernel: Kernel): Map<number, Disk> {
  return kernel.subsystem("block.disks", () => new Map<number, Disk>());
}

/** The machine has this disk from now on. @linux block/genhd.c `add_disk` (6.18) */
export function addDisk(disk: Disk): void {
  disks(disk.kernel).set(disk.dev, disk);
}

export function diskOf(kernel: Kernel, dev: number): Disk | undefined {
  return disks(kernel).get(dev);
}
