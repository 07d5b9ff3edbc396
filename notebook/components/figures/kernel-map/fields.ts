/** A field of the kernel map: what it is called, where it lies in the source, which lecture opens it. */
export interface MapField {
  readonly name: string;
  readonly place: string;
  readonly lecture: number | undefined;
}

export const COLUMNS = [
  "human interface",
  "system",
  "processing",
  "memory",
  "storage",
  "networking",
] as const;

function field(name: string, place: string, lecture?: number): MapField {
  return { name, place, lecture };
}

/** From the programs down to the hardware. After C. Shulyupin's map, with today's files. */
export const ROWS: readonly { readonly name: string; readonly fields: readonly MapField[] }[] = [
  {
    name: "user space interfaces",
    fields: [
      field("terminals, /dev", "drivers/tty", 3),
      field("system calls, /proc, /sys", "arch/x86/entry", 7),
      field("processes, signals", "kernel/fork.c", 6),
      field("mmap, brk", "mm/mmap.c", 10),
      field("open, read, write", "fs/read_write.c", 3),
      field("sockets", "net/socket.c", 13),
    ],
  },
  {
    name: "virtual subsystems",
    fields: [
      field("security modules", "security/", 14),
      field("device model", "drivers/base"),
      field("tasks and threads", "kernel/pid.c", 6),
      field("virtual memory", "mm/memory.c", 10),
      field("virtual file system", "fs/namei.c", 3),
      field("protocol families", "net/core"),
    ],
  },
  {
    name: "bridges",
    fields: [
      field("tracing, BPF", "kernel/bpf", 11),
      field("modules", "kernel/module", 5),
      field("synchronisation", "kernel/locking", 8),
      field("page cache", "mm/filemap.c", 10),
      field("io_uring, splice", "io_uring/", 15),
      field("packet filters, XDP", "net/core/filter.c", 13),
    ],
  },
  {
    name: "logic",
    fields: [
      field("input, sound, graphics", "drivers/input"),
      field("boot, power", "init/main.c", 1),
      field("scheduler", "kernel/sched", 9),
      field("slabs, reclaim", "mm/slub.c", 10),
      field("ext4, XFS, btrfs", "fs/ext4"),
      field("TCP, UDP, IP", "net/ipv4"),
    ],
  },
  {
    name: "device control",
    fields: [
      field("HID, USB devices", "drivers/hid", 13),
      field("buses, PCI", "drivers/pci"),
      field("interrupts, timers", "kernel/irq", 8),
      field("page allocator", "mm/page_alloc.c", 10),
      field("block layer", "block/", 15),
      field("network drivers", "drivers/net", 13),
    ],
  },
  {
    name: "hardware",
    fields: [
      field("keyboard, display", "–"),
      field("ports, DMA, memory-mapped I/O", "arch/x86/kernel"),
      field("registers, modes, APIC", "arch/x86/entry", 6),
      field("MMU, TLB, RAM", "arch/x86/mm", 10),
      field("disks, flash", "drivers/nvme"),
      field("network cards", "drivers/net"),
    ],
  },
];
