import { boot, i386, type Machine, type SystemCalls } from "#kernel-sim";
import type { AddressMoment, AddressRegion, AddressSpace, AddressStory } from "#notebook/document";

const PAGE = 4096;
const MS = 1_000_000;
const SHOWN_MAX = 36;
const [PROT_READ, PROT_WRITE] = [1, 2];
const [MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS] = [2, 16, 32];

/** Address spaces as they fill, told by the simulator. */
export function addressStories(): readonly AddressStory[] {
  return [touching(), forking()];
}

/** A program that runs for the first time, instruction by instruction. */
function touching(): AddressStory {
  const machine = boot({ seed: 1, cpus: 1 });
  const program = i386.assemble(`
    movb $1, buffer + 3 * 4096
    movb $1, buffer + 15 * 4096
    mov  buffer + 5 * 4096, %al
    movb $1, buffer + 5 * 4096
    push %eax
    mov  $1, %eax
    int  $0x80
    .bss
    .balign 4096
  buffer: .skip 16 * 4096`);
  const process = machine.spawn(program, { argv: ["touch"] });
  const look = (says: string): AddressMoment => ({
    says,
    spaces: [spaceOf(machine, process.pid, "touch")],
  });
  const moments = [
    look(
      "execve is done. Six regions are in the list, and one page is there: the end of the stack, where the kernel has put the arguments.",
    ),
  ];
  for (;;) {
    const step = machine.stepInstruction(process);
    if (step === undefined || step.registers === undefined) break;
    const { text, trap } = step;
    if (trap === undefined) {
      if (text.startsWith("push")) {
        moments.push(
          look(
            `${text} has been executed without a fault: the page of the stack was there already.`,
          ),
        );
      }
      continue;
    }
    if (trap.kind !== "exception") continue;
    const isFetch = trap.address === step.address;
    moments.push(
      look(
        `${text}: a page fault at 0x${trap.address.toString(16)}, error code ${trap.errorCode}. ${
          isFetch
            ? "The page of the instruction itself was not there; the kernel has read it from the file."
            : (trap.errorCode & 1) === 1
              ? "The page was there, for reading: it was the page of zeros that all share. Now the process has a frame of its own."
              : (trap.errorCode & 2) === 2
                ? "The region allows it, so the kernel has found a frame, filled it with zeros and put it into the page table."
                : "It was only read: the kernel has put the shared page of zeros there, without the right to write."
        }`,
      ),
    );
  }
  return {
    id: "touch",
    title: "first touch",
    hint: "A program with a buffer of 16 pages. Each page fault puts one page in its place.",
    moments,
  };
}

/** A fork, and what the first store after it does. */
function forking(): AddressStory {
  const machine = boot({ seed: 1, cpus: 1 });
  const at = 0x10000000;
  machine.spawn(function* mother(sys: SystemCalls) {
    yield* sys.mmap(at, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS);
    yield* sys.store(at, new Uint8Array(3 * PAGE).fill(7));
    yield* sys.nanosleep(MS);
    if ((yield* sys.fork()) === 0) {
      yield* sys.nanosleep(MS);
      yield* sys.store(at + PAGE, Uint8Array.of(1));
      yield* sys.nanosleep(10 * MS);
      return;
    }
    yield* sys.nanosleep(3 * MS);
    yield* sys.store(at + PAGE, Uint8Array.of(2));
    yield* sys.store(at + 2 * PAGE, Uint8Array.of(2));
    yield* sys.nanosleep(3 * MS);
  });
  const look = (says: string): AddressMoment => ({
    says,
    spaces: machine
      .processes()
      .filter(({ comm }) => comm === "mother")
      .map(({ pid }, i) => {
        const { comm, regions } = spaceOf(machine, pid, i === 0 ? "mother" : "child");
        return { pid, comm, regions: regions.filter(({ start }) => start === at) };
      }),
  });
  const after = (ns: number, says: string): AddressMoment => {
    machine.runFor(ns);
    return look(says);
  };
  return {
    id: "fork",
    title: "fork, then a store",
    hint: "Only one region is shown, of 4 pages, in two processes. The numbers are frames of memory.",
    moments: [
      after(
        0.5 * MS,
        "Before the fork: three pages have been written, the fourth was never touched.",
      ),
      after(
        1 * MS,
        "After the fork both page tables name the same three frames, and none of the entries allows to write any more, although both regions say rw-p.",
      ),
      after(
        1.5 * MS,
        "The child has stored into its second page. It faulted, the kernel has copied the frame, and the child has its own, for writing.",
      ),
      after(
        2 * MS,
        "The mother has stored into the second and the third page. The second frame was hers alone by then and was simply made writable; the third was still shared, so she has got a copy.",
      ),
    ],
  };
}

function spaceOf(machine: Machine, pid: number, comm: string): AddressSpace {
  const there = new Map(machine.kernel.pages(pid).map((page) => [page.address, page]));
  const regions = machine.kernel.addressSpace(pid).map(({ start, end, perms, name }) => {
    const frames: Record<number, number> = {};
    let pages = "";
    for (let i = 0; i < Math.min((end - start) / PAGE, SHOWN_MAX); i++) {
      const page = there.get(start + i * PAGE);
      if (page === undefined) pages += "-";
      else {
        frames[i] = page.pfn;
        pages += page.write ? "w" : page.mapped === 1 ? "r" : "s";
      }
    }
    return { start, end, perms, name: regionName(name), pages, frames } satisfies AddressRegion;
  });
  return { pid, comm, regions };
}

function regionName(name: string): string {
  return name.startsWith("/") ? name.replace(/\.\d+$/, "") : name;
}
