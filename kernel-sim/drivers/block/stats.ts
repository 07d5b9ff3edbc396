import type { Kernel } from "../../kernel/kernel.ts";

/** Requests of one direction. */
interface Direction {
  /** Requests that reached the disk, and those that were put to another one. */
  ios: number;
  merges: number;
  sectors: number;
  /** From the caller to the end, summed up. */
  ns: number;
}

/** What a disk has done. @linux include/linux/part_stat.h `struct disk_stats` (6.18) */
export class DiskStats {
  readonly reads: Direction = { ios: 0, merges: 0, sectors: 0, ns: 0 };
  readonly writes: Direction = { ios: 0, merges: 0, sectors: 0, ns: 0 };
  readonly #kernel: Kernel;
  #inFlight = 0;
  /** Ns in which something was to do; and the same times how much. */
  #busyNs = 0;
  #queueNs = 0;
  #since = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** One caller more waits. */
  begin(): void {
    this.#advance();
    this.#inFlight++;
  }

  end(callers: number): void {
    this.#advance();
    this.#inFlight -= callers;
  }

  /** A request of so many callers is done. */
  count(isRead: boolean, callers: number, sectors: number, ns: number): void {
    const direction = isRead ? this.reads : this.writes;
    direction.ios++;
    direction.merges += callers - 1;
    direction.sectors += sectors;
    direction.ns += ns;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get busyNs(): number {
    this.#advance();
    return this.#busyNs;
  }

  get queueNs(): number {
    this.#advance();
    return this.#queueNs;
  }

  #advance(): void {
    const now = this.#kernel.now();
    if (this.#inFlight > 0) {
      this.#busyNs += now - this.#since;
      this.#queueNs += (now - this.#since) * this.#inFlight;
    }
    this.#since = now;
  }
}
