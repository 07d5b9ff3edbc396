import { TYPE_KPROBE } from "../../kernel/events/init-event.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { mkdev } from "../char-dev.ts";
import { devText } from "./block.ts";
import { dir, emptyDir, link, readOnly, type SysfsNode, sysfsTree } from "./node.ts";

const ARPHRD_LOOPBACK = 772;
const IFF_UP_LOOPBACK = 0x9;
const LOOPBACK_MTU = 65_536;

/** Terminals of the machine and their numbers. */
const TTYS: readonly (readonly [string, number, number])[] = Object.freeze([
  ["console", 5, 1],
  ["ptmx", 5, 2],
  ["tty", 5, 0],
  ...Array.from({ length: 7 }, (_, i) => [`tty${i}`, 4, i] as const),
  ["ttyS0", 4, 64],
] as const);

/**
 * The other devices, and the directories in which other file systems are mounted.
 *
 * @linux net/core/net-sysfs.c, drivers/tty/tty_io.c, kernel/ksysfs.c, fs/debugfs, kernel/trace, kernel/bpf/inode.c (6.18)
 * @simplified no modules, no firmware, no power states: what does not exist has no file.
 */
export function initSysfsDevices(kernel: Kernel): void {
  const tree = sysfsTree(kernel);
  addClass(kernel, "tty", "dev/char", () =>
    TTYS.map(([name, major, minor]) => ({
      name,
      dev: devText(mkdev(major, minor)),
      entries: {
        ...(name === "console" ? { active: readOnly(() => "ttyS0") } : {}),
        dev: readOnly(() => devText(mkdev(major, minor))),
        uevent: readOnly(() => `MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}`, 0o644),
      },
    })),
  );
  addClass(kernel, "net", undefined, () => [{ name: "lo", dev: "", entries: loopback() }]);
  // Where other file systems are mounted nobody writes. @linux fs/sysfs/dir.c `sysfs_create_mount_point` (6.18)
  for (const path of ["fs/bpf", "kernel/debug", "kernel/security", "kernel/tracing"]) {
    tree.add(path, emptyDir(0o555));
  }
  for (const [name, type] of PERF_DEVICES) {
    tree.add(
      `bus/event_source/devices/${name}`,
      dir(() => ({ type: readOnly(() => type), ...(name === "kprobe" ? KPROBE_FORMAT : {}) })),
    );
  }
  tree.add("kernel/mm", emptyDir());
  tree.add(
    "kernel/address_bits",
    readOnly(() => 64),
  );
  tree.add(
    "kernel/cpu_byteorder",
    readOnly(() => "little"),
  );
  tree.add(
    "kernel/fscaps",
    readOnly(() => 1),
  );
  tree.add("module", emptyDir());
}

/** What events of perf come from. @linux kernel/events/core.c `pmu_dev_alloc` (6.18) */
const PERF_DEVICES = [
  ["software", 1],
  ["tracepoint", 2],
  ["kprobe", TYPE_KPROBE],
] as const;
const KPROBE_FORMAT = { format: dir(() => ({ retprobe: readOnly(() => "config:0") })) };

interface Device {
  readonly name: string;
  readonly dev: string;
  readonly entries: Readonly<Record<string, SysfsNode>>;
}

/** A class of devices that hang on nothing. @linux drivers/base/core.c `device_add` (6.18) */
function addClass(
  kernel: Kernel,
  name: string,
  numbers: string | undefined,
  devices: () => readonly Device[],
): void {
  const tree = sysfsTree(kernel);
  const links = (key: "name" | "dev") => () =>
    Object.fromEntries(
      devices().map((one) => [one[key], link(`../../devices/virtual/${name}/${one.name}`)]),
    );
  tree.add(`class/${name}`, dir(links("name")));
  if (numbers !== undefined) tree.add(numbers, dir(links("dev")));
  tree.add(
    `devices/virtual/${name}`,
    dir(() =>
      Object.fromEntries(
        devices().map((one) => [
          one.name,
          dir(() => ({ ...one.entries, subsystem: link(`../../../../class/${name}`) })),
        ]),
      ),
    ),
  );
}

/** @linux net/core/net-sysfs.c `net_class_attrs` (6.18) */
function loopback(): Readonly<Record<string, SysfsNode>> {
  const values: Readonly<Record<string, string | number>> = {
    addr_len: 6,
    address: "00:00:00:00:00:00",
    broadcast: "00:00:00:00:00:00",
    carrier: 1,
    dev_id: "0x0",
    dormant: 0,
    flags: `0x${IFF_UP_LOOPBACK.toString(16)}`,
    ifindex: 1,
    iflink: 1,
    link_mode: 0,
    mtu: LOOPBACK_MTU,
    operstate: "unknown",
    tx_queue_len: 1000,
    type: ARPHRD_LOOPBACK,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, readOnly(() => value)]),
  );
}
