import { deviceInterrupt } from "../../kernel/irq.ts";
import type { Kernel } from "../../kernel/kernel.ts";

export const SECTOR_SIZE = 512;

/** The line of the disks' controller. */
const DISK_IRQ = 14;

/** What one request takes. */
export interface DiskCosts {
  /** From the doorbell to the interrupt, whatever the size. */
  readonly latencyNs: number;
  readonly perSectorNs: number;
}

/** An NVMe drive of 2020 with TLC flash: 4 KiB at queue depth 1 in 85 µs, 2 GB/s in sequence (data sheets). */
export const SSD_COSTS: DiskCosts = Object.freeze({ latencyNs: 85_000, perSectorNs: 250 });

/** One read (no `data`) or write of whole sectors. */
export interface DiskRequest {
  readonly sector: number;
  readonly sectors: number;
  readonly data: Uint8Array | undefined;
  /** Called when the disk is ready; a read gets its bytes. */
  readonly done: (bytes: Uint8Array) => void;
}

/**
 * A disk: requests are served one after the other, each takes its time, and an interrupt says when it is done.
 * What is written is on the disk only then: a machine that stops before has not written it.
 */
export class Disk {
  readonly kernel: Kernel;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly costs: DiskCosts;
  readonly dev: number;
  #readyAt = 0;
  #inFlight = 0;
  reads = 0;
  writes = 0;

  constructor(
    kernel: Kernel,
    name: string,
    dev: number,
    bytes: Uint8Array,
    costs: DiskCosts = SSD_COSTS,
  ) {
    this.kernel = kernel;
    this.name = name;
    this.dev = dev;
    this.bytes = bytes;
    this.costs = costs;
  }

  /** Requests that are not done yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get sectors(): number {
    return Math.floor(this.bytes.length / SECTOR_SIZE);
  }

  /** Puts a request behind all others. */
  submit(request: DiskRequest): void {
    const { kernel } = this;
    this.#trace("block:block_rq_issue", request);
    const start = Math.max(kernel.now(), this.#readyAt);
    this.#readyAt = start + this.serviceNs(request.sectors);
    this.#inFlight++;
    kernel.events.schedule(this.#readyAt, () => {
      deviceInterrupt(kernel, DISK_IRQ, this.name, () => this.#complete(request));
    });
  }

  /** How long the disk works on so many sectors. */
  serviceNs(sectors: number): number {
    return this.costs.latencyNs + sectors * this.costs.perSectorNs;
  }

  #complete(request: DiskRequest): void {
    this.#inFlight--;
    const at = request.sector * SECTOR_SIZE;
    this.#trace("block:block_rq_complete", request);
    if (request.data === undefined) {
      this.reads++;
      request.done(this.bytes.slice(at, at + request.sectors * SECTOR_SIZE));
    } else {
      this.writes++;
      this.bytes.set(request.data, at);
      request.done(request.data);
    }
  }

  #trace(name: string, { sector, sectors, data }: DiskRequest): void {
    this.kernel.tracing.event(name, {
      dev: this.dev,
      sector,
      nr_sector: sectors,
      rwbs: data === undefined ? "R" : "W",
    });
  }
}

/** The disks of a machine by device number. */
function disks(kernel: Kernel): Map<number, Disk> {
  return kernel.subsystem("block.disks", () => new Map<number, Disk>());
}

/** The machine has this disk from now on. @linux block/genhd.c `add_disk` (6.18) */
export function addDisk(disk: Disk): void {
  disks(disk.kernel).set(disk.dev, disk);
}

export function diskOf(kernel: Kernel, dev: number): Disk | undefined {
  return disks(kernel).get(dev);
}
