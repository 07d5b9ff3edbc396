/**
 * What a machine is made of, as `boot()` takes it and as it can be looked at: disks, terminal, settings.
 */

/** How fast a disk is; the figures and their sources stand in `hw/costs.ts`. */
export type DiskModel =
  /** An NVMe drive of 2020, /dev/nvme0n1. */
  | "ssd"
  /** A desktop drive that turns 7,200 times a minute, /dev/sda. */
  | "hdd"
  /** A hard disk of a personal computer of 1991, as fast as the 40 MB ones were, /dev/hda. */
  | "hdd-1991"
  /** A diskette of 1.44 MB with a motor that stops, /dev/fd0. */
  | "floppy";

export interface DiskOptions {
  /** Default "ssd". */
  readonly model?: DiskModel;
  /** Default 8; of a floppy 1.44 MB. */
  readonly sizeMiB?: number;
  /**
   * What lies on it. Default "ext2"; "minix": the first version of MINIX's, in which Linux lived first, with names of 14
   * characters; "none": zeros, and nothing is mounted.
   */
  readonly fileSystem?: "ext2" | "minix" | "none";
  /**
   * Where it is mounted when the machine starts. Default "/mnt"; false: nowhere; "/": it is the machine's root, with
   * /bin, /etc and /dev on it (the default of profile "0.01"). Such a root is mounted read-only until the first program
   * mounts it again, and /proc/cmdline names it. A program's file holds an ELF header and the program's name: simplified,
   * its code is not on the disk.
   */
  readonly mount?: string | false;
  /**
   * The bytes of a disk (`machine.disk.image()`) in place of a new one: what another machine has left behind when its power
   * was cut. Then there are no `sizeMiB` and no `files`.
   */
  readonly image?: Uint8Array;
  /** Files on it, by path from its root: they were there before the machine started, so nothing of them is in memory. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * A terminal on a serial line, /dev/ttyS0: programs wait when the driver's 4096 bytes are full, and each group of bytes
 * that has left the line ends in an interrupt (`irq:irq_handler_entry` with the name "ttyS0").
 */
export interface SerialLineOptions {
  /** Bits a second, ten for each byte: 110 is a teleprinter of UNIX's first years, 9600 a VT100. Default: no limit. */
  readonly baud?: number;
  /** Bytes that leave between two interrupts. Default 16, as in a 16550A; 1 in a UART of 1981. */
  readonly fifo?: number;
}

/**
 * The machine's disk, seen from outside: what it has served, and its bytes as they are on the medium now, which is
 * not what memory may still hold back. The same numbers are in /proc/diskstats. Each request leaves
 * `block:block_bio_queue`, `block_rq_issue` and `block_rq_complete` in the trace, and its interrupt
 * `irq:irq_handler_entry` and `irq_handler_exit`; the time between these two is no task's.
 */
export interface DiskView {
  /** "sda" and the like. */
  readonly name: string;
  /** Its device file. */
  readonly path: string;
  /** Of 512 bytes. */
  readonly sectors: number;
  /** Requests that are done. */
  readonly reads: number;
  readonly writes: number;
  readonly sectorsRead: number;
  readonly sectorsWritten: number;
  /** Requests of the kernel that were put together with a neighbour's. */
  readonly merges: number;
  /** Ns in which it had something to do. */
  readonly busyNs: number;
  /** Requests that are not done. */
  readonly inFlight: number;
  /** A copy of all that is on the medium now: what is left when the power is cut at this moment. */
  image(): Uint8Array;
  /** What is wrong with the ext2 file system on the medium now, as `e2fsck -n` would say it; nothing of memory is looked at. */
  fsck(): readonly string[];
  /** A copy of one sector. */
  sector(n: number): Uint8Array;
}
