import { boot, constants } from "#kernel-sim";
import type { LayerId, WriteLayers } from "#notebook/document";

const { O_CREAT = 0, O_WRONLY = 0 } = constants;
const SECTOR = 512;
const WRITE = 1;
const FSYNC = 74;

/** A program writes five letters to a disk: what each layer says, as the trace has it. */
export function writeLayers(): WriteLayers {
  const machine = boot({ seed: 2, cpus: 1, disk: "ssd" });
  let beginNs = 0;
  const program = machine.spawn(function* hello(sys) {
    const fd = yield* sys.open("/mnt/greeting", O_WRONLY | O_CREAT, 0o644);
    beginNs = Number(yield* sys.clock_gettime());
    yield* sys.write(fd, "hello");
    yield* sys.call("fsync", fd);
  });
  machine.runUntilIdle();

  const steps: WriteLayers["steps"][number][] = [];
  const tell = (layer: LayerId, time: number, text: string, says: string) =>
    steps.push({ layer, text, says, ns: Math.max(0, time - beginNs) });
  tell(
    "program",
    beginNs,
    "putc('h') … putc('o')",
    "The program hands over five letters, one at a time.",
  );
  tell(
    "library",
    beginNs,
    '"hello" in a buffer',
    "The library stores them in memory of the program. The kernel knows nothing yet.",
  );
  let written = 0;
  // What fsync() does not wait for follows half a minute later: it is another story.
  const end = machine.trace
    .events({ name: "raw_syscalls:sys_exit", pid: program.pid })
    .findLast(({ fields }) => Number(fields["id"]) === FSYNC);
  for (const { seq, name, time, pid, fields } of machine.trace.events()) {
    if (time < beginNs || seq > (end?.seq ?? Infinity)) continue;
    const call = Number(fields["id"]);
    const sectors = Number(fields["nr_sector"]);
    const place = `sectors ${Number(fields["sector"])} to ${Number(fields["sector"]) + sectors - 1}`;
    if (name === "raw_syscalls:sys_enter" && pid === program.pid && call === WRITE) {
      tell(
        "call",
        time,
        'write(3, "hello", 5)',
        "One system call carries all five over the boundary.",
      );
      tell(
        "files",
        time,
        "one page changed",
        "The file system copies them into a page of memory and marks it as changed. write() answers 5, and nothing is on the disk.",
      );
    }
    if (name === "raw_syscalls:sys_enter" && pid === program.pid && call === FSYNC) {
      tell(
        "call",
        time,
        "fsync(3)",
        "The program insists: fsync() answers when all of the file is on the disk.",
      );
    }
    if (name === "block:block_bio_queue") {
      tell(
        "files",
        time,
        `block at ${place}`,
        `The file system hands over a block of ${sectors * SECTOR} bytes: ${place}.`,
      );
    }
    if (name === "block:block_rq_issue") {
      tell(
        "driver",
        time,
        `${sectors * SECTOR} bytes to ${place}`,
        `The driver gives the device an order: ${sectors * SECTOR} bytes to ${place}${sectors > 2 ? ", neighbours put together" : ""}.`,
      );
    }
    if (name === "block:block_rq_complete" && fields["rwbs"] === "W") written += sectors;
    if (name === "irq:irq_handler_entry") {
      tell(
        "device",
        time,
        `interrupt ${Number(fields["irq"])}, ${String(fields["name"])}`,
        "The device has done it and raises an interrupt.",
      );
    }
    if (name === "raw_syscalls:sys_exit" && pid === program.pid && call === FSYNC) {
      tell(
        "call",
        time,
        "fsync(3) = 0",
        `The process is awake again, and fsync() answers 0: ${written} sectors were written for five letters.`,
      );
      tell(
        "program",
        time,
        "goes on",
        "The program goes on. It knows nothing of blocks, sectors and interrupts.",
      );
    }
  }
  machine.close();
  return { steps };
}
