/**
 * What things cost on the machine, in ns. The default profile is a server processor of 2020 at 3 GHz;
 * the figures are rounded from measurements that are named beside them.
 */
export interface Costs {
  /** `syscall` and `sysret` with an empty call in between: getpid() with mitigations off, lmbench `lat_syscall null`. */
  readonly syscallNs: number;
  /**
   * The same by `sysenter` from the vDSO's `__kernel_vsyscall`: three pushes, three pops and a call more.
   * An estimate: no processor on which it could be measured was at hand.
   */
  readonly sysenterNs: number;
  /**
   * The same by `int 0x80`: a gate and a task state are read, five words pushed, and IRET pops and checks them. An
   * estimate: three to four times sysenter, as from the Pentium 4 on. Under a hypervisor it can be a hundred times as
   * much, since 6.7 reads the interrupt controller at each.
   */
  readonly int80Ns: number;
  /**
   * clock_gettime(CLOCK_MONOTONIC) in the vDSO, without any door: measured on a server of 2021, 20 to 25 ns. Programs of
   * machine code pay what the vDSO's instructions cost instead.
   */
  readonly vdsoClockNs: number;
  /**
   * LFENCE and RDTSC beyond two simple instructions: 25 cycles (A. Fog, Instruction tables, Skylake). Undefined: the
   * processor has no time-stamp counter, so that the vDSO has to ask the kernel for the time.
   */
  readonly rdtscNs: number | undefined;
  /** Switching between two processes with cold-free caches: lmbench `lat_ctx -s 0 2`. */
  readonly contextSwitchNs: number;
  /** A minor fault that maps one zeroed page: lmbench `lat_pagefault`. */
  readonly pageFaultNs: number;
  /** Copying 64 bytes between user and kernel memory. */
  readonly copyLineNs: number;
  /** One step of a path walk that finds its dentry. */
  readonly pathComponentNs: number;
  /** User instructions in one ns: 3 GHz, one instruction a cycle. */
  readonly instructionsPerNs: number;
  /** An interrupt's entry and exit. */
  readonly interruptNs: number;
  /** Of that, what a softirq adds which runs behind an interrupt: an estimate, a loop over bits and one short function. */
  readonly softirqNs: number;
  /** Sending an interrupt to another processor: one write to its own APIC (WRMSR of the x2APIC's command register). */
  readonly ipiSendNs: number;
  /** fork of a small process: lmbench `lat_proc fork`, without the exit. */
  readonly forkNs: number;
  /** execve of a small static program. */
  readonly execNs: number;
  /** A write to a terminal, without its bytes: a pseudo terminal on Linux 6.18, one byte at a time. */
  readonly ttyWriteNs: number;
  /** A byte that a terminal prints: a text of some MB with `cat` on a framebuffer console, which scrolls. */
  readonly ttyByteNs: number;
}

export const SERVER_COSTS: Costs = Object.freeze({
  syscallNs: 70,
  sysenterNs: 75,
  int80Ns: 260,
  vdsoClockNs: 22,
  rdtscNs: 8,
  contextSwitchNs: 1_200,
  pageFaultNs: 500,
  copyLineNs: 4,
  pathComponentNs: 25,
  instructionsPerNs: 3,
  interruptNs: 600,
  softirqNs: 150,
  ipiSendNs: 100,
  forkNs: 40_000,
  execNs: 180_000,
  ttyWriteNs: 1_500,
  ttyByteNs: 500,
});

/**
 * A personal computer of 1991: an 80386 at 33 MHz without a cache, with mitigations against nothing. Worked out from
 * the clock counts of the 80386 Programmer's Reference Manual (1986): `int` to an inner ring 99 clocks and `iret` 82, a
 * task switch by `jmp` to a TSS about 300, `rep movs` 4 clocks and two accesses with a wait state each.
 */
export const PC_1991_COSTS: Costs = Object.freeze({
  // There is one door, `int 0x80`; the others came later, and so cost what it costs.
  syscallNs: 9_000,
  sysenterNs: 9_000,
  int80Ns: 9_000,
  vdsoClockNs: 9_000,
  rdtscNs: undefined,
  contextSwitchNs: 25_000,
  pageFaultNs: 160_000,
  copyLineNs: 4_000,
  pathComponentNs: 20_000,
  // About 4.4 clocks an instruction, as measured for the 386 (Intel 80386 Hardware Reference Manual).
  instructionsPerNs: 0.0075,
  interruptNs: 12_000,
  softirqNs: 5_000,
  // There is one processor.
  ipiSendNs: 0,
  forkNs: 1_500_000,
  execNs: 4_000_000,
  ttyWriteNs: 60_000,
  // A hundred instructions a byte, and every 80 bytes 4 KB of slow video memory move up.
  ttyByteNs: 40_000,
});

/** A disk that turns: its heads have to be over the right track, and then the right sector has to come by. */
export interface Spindle {
  /** One turn. */
  readonly turnNs: number;
  readonly sectorsPerTrack: number;
  /** Tracks that the heads reach without moving. */
  readonly heads: number;
  /** To the next cylinder, and from the first to the last. */
  readonly trackToTrackNs: number;
  readonly fullSeekNs: number;
  /** How the time grows between these two: an arm accelerates, a stepper motor does not. */
  readonly seek: "arm" | "stepper";
  /** From standing still to full speed, after `spinDownNs` without a request; undefined: it always turns. */
  readonly spinUpNs?: number;
  readonly spinDownNs?: number;
}

/** What a request of a disk takes. */
export interface DiskModel {
  /** Of the drive as Linux names it, and its device number. */
  readonly device: string;
  readonly major: number;
  readonly minor: number;
  readonly irq: number;
  /** How a PCI device that sends messages has them counted: its table, and the message in it; else its line is a wire. */
  readonly msi?: { readonly table: string; readonly index: number };
  readonly irqName: string;
  /** Bytes of the disk, unless said otherwise. */
  readonly sizeBytes: number;
  /** From the command to the first byte, beside what a spindle takes. */
  readonly latencyNs: number;
  /** On the wire or out of flash. */
  readonly perSectorNs: number;
  readonly spindle?: Spindle;
}

export type DiskModelName = "ssd" | "hdd" | "hdd-1991" | "floppy";

const MIB = 1024 * 1024;

export const DISK_MODELS: Readonly<Record<DiskModelName, DiskModel>> = Object.freeze({
  /** An NVMe drive of 2020 with TLC flash: 4 KiB at queue depth 1 in 85 µs, 2 GB/s in sequence (data sheets). */
  ssd: Object.freeze({
    ...{ device: "nvme0n1", major: 259, minor: 0 },
    ...{ irq: 28, msi: { table: "PCI-MSIX-0000:01:00.0", index: 1 }, irqName: "nvme0q1" },
    sizeBytes: 8 * MIB,
    latencyNs: 85_000,
    perSectorNs: 250,
  }),
  /**
   * A desktop drive at 7,200 turns a minute (Seagate ST1000DM003, product manual): a read seeks 8.5 ms on average and
   * less than 1 ms to the next track, 156 MB/s on average, SATA at 600 MB/s.
   */
  hdd: Object.freeze({
    ...{ device: "sda", major: 8, minor: 0 },
    ...{ irq: 27, msi: { table: "PCI-MSI-0000:00:1f.2", index: 0 }, irqName: "ahci[0000:00:1f.2]" },
    sizeBytes: 8 * MIB,
    latencyNs: 100_000,
    perSectorNs: 850,
    spindle: Object.freeze({
      turnNs: 8_333_333,
      sectorsPerTrack: 2_540,
      heads: 1,
      trackToTrackNs: 1_000_000,
      fullSeekNs: 15_000_000,
      seek: "arm",
    }),
  }),
  /**
   * The kind of disk that Linux was written on: 5 heads, 17 sectors, 980 cylinders (`LINUS_HD` in the configuration of
   * 0.01), about 40 MB; a Conner CP3044 turns 3,557 times a minute and seeks 25 ms on average, 8 ms to the next track.
   */
  "hdd-1991": Object.freeze({
    ...{ device: "hda", major: 3, minor: 0 },
    ...{ irq: 14, irqName: "hd" },
    sizeBytes: 8 * MIB,
    latencyNs: 1_000_000,
    perSectorNs: 500_000,
    spindle: Object.freeze({
      turnNs: 16_868_147,
      sectorsPerTrack: 17,
      heads: 5,
      trackToTrackNs: 8_000_000,
      fullSeekNs: 45_000_000,
      seek: "arm",
    }),
  }),
  /**
   * A 3.5-inch diskette of 1.44 MB: 80 cylinders, two sides of 18 sectors, 300 turns a minute; steps of 4 ms, a motor
   * that needs 0.4 s and stops after 3 s (the parameters of Linux's drivers/block/floppy.c), 500 kbit/s.
   */
  floppy: Object.freeze({
    ...{ device: "fd0", major: 2, minor: 0 },
    ...{ irq: 6, irqName: "floppy" },
    sizeBytes: 1_474_560,
    latencyNs: 1_000_000,
    perSectorNs: 0,
    spindle: Object.freeze({
      turnNs: 200_000_000,
      sectorsPerTrack: 18,
      heads: 2,
      // With 15 ms in which the head comes to rest.
      trackToTrackNs: 19_000_000,
      fullSeekNs: 331_000_000,
      seek: "stepper",
      spinUpNs: 400_000_000,
      spinDownNs: 3_000_000_000,
    }),
  }),
} satisfies Readonly<Record<DiskModelName, DiskModel>>);
