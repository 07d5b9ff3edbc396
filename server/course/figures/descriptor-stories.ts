import { boot, type Machine, type UserProgram } from "#kernel-sim";
import type { DescriptorMoment, DescriptorStory, OpenFile } from "#notebook/document";
import { sleepUntil } from "./sleep-until.ts";

const MS = 1_000_000;
const NOTES = "/home/ala/notes";
const LIST = "/tmp/list";

interface Step {
  readonly call: string;
  /** Who makes it: the story's first process or its child. */
  readonly by: "parent" | "child";
  readonly says: string;
}

interface Plot {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly name: string;
  readonly program: UserProgram;
  /** What other files of the machine run. */
  readonly others?: Readonly<Record<string, UserProgram>>;
  readonly steps: readonly Step[];
}

/** Three programs, and what their descriptors refer to after each call. */
export function descriptorStories(): readonly DescriptorStory[] {
  return [DUP, FORK, REDIRECTION].map(tell);
}

/** Runs a program whose nth call happens n ms after its start, and looks in between. */
function tell({ id, title, hint, name, program, others = {}, steps }: Plot): DescriptorStory {
  const machine = boot({ seed: 3, cpus: 1 });
  machine.writeFile(NOTES, "Buy bread and a new disk.\n");
  for (const [path, other] of Object.entries(others)) machine.install(path, other);
  machine.install(`/bin/${name}`, program);
  const parent = machine.spawn(`/bin/${name}`, { argv: [name] });
  const moments: DescriptorMoment[] = [];
  machine.runFor(MS / 2);
  moments.push(
    look(
      machine,
      parent.pid,
      "",
      0,
      "Before the first call: three descriptors, one open file, the terminal.",
    ),
  );
  let child = parent.pid;
  for (const { call, by, says } of steps) {
    machine.runFor(MS);
    child = machine.processes().find(({ ppid }) => ppid === parent.pid)?.pid ?? child;
    const pid = by === "parent" ? parent.pid : child;
    moments.push(look(machine, parent.pid, call, pid, says));
  }
  machine.close();
  return { id, title, hint, moments };
}

function look(
  machine: Machine,
  parent: number,
  call: string,
  pid: number,
  says: string,
): DescriptorMoment {
  const taking = machine
    .processes()
    .filter((row) => (row.pid === parent || row.ppid === parent) && row.state !== "Z");
  const openFiles = new Map<number, OpenFile>();
  const processes = taking.map((row) => ({
    pid: row.pid,
    comm: row.comm,
    descriptors: machine.descriptors(row.pid).map(({ fd, openFile, path, ino, pos, flags }) => {
      openFiles.set(openFile, { id: openFile, path, ino, pos, flags: flagNames(flags) });
      return { fd, openFile };
    }),
  }));
  return {
    ...{ call, pid, says, processes },
    openFiles: [...openFiles.values()].sort((a, b) => a.id - b.id),
  };
}

function flagNames(flags: number): string {
  const access = ["O_RDONLY", "O_WRONLY", "O_RDWR"][flags & 3] ?? "";
  return (flags & 0o2000) === 0 ? access : `${access} | O_APPEND`;
}

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_WRONLY = 1;
const O_TRUNC = 0o1000;

const DUP: Plot = {
  id: "dup",
  title: "open and dup2",
  hint: "Two ways to get a second descriptor for the same file: one shares the offset, the other does not.",
  name: "editor",
  *program(sys) {
    yield* sleepUntil(sys, 1);
    const notes = yield* sys.open(NOTES, O_RDWR);
    yield* sleepUntil(sys, 2);
    yield* sys.read(notes, 4);
    yield* sleepUntil(sys, 3);
    yield* sys.dup2(notes, 5);
    yield* sleepUntil(sys, 4);
    yield* sys.read(5, 6);
    yield* sleepUntil(sys, 5);
    yield* sys.open(NOTES, O_RDWR);
    yield* sleepUntil(sys, 6);
    yield* sys.close(notes);
    yield* sleepUntil(sys, 7);
    yield* sys.close(5);
    yield* sleepUntil(sys, 8);
  },
  steps: [
    {
      call: `open("${NOTES}", O_RDWR)`,
      by: "parent",
      says: "The lowest free number is 3. It points to a new open file, whose offset is 0, and that points to the inode.",
    },
    {
      call: "read(3, buf, 4)",
      by: "parent",
      says: "Four bytes read: the offset has moved. It stands in the open file, not in the descriptor.",
    },
    {
      call: "dup2(3, 5)",
      by: "parent",
      says: "Descriptor 5 points to the same open file. Nothing was opened; there is one offset for both.",
    },
    {
      call: "read(5, buf, 6)",
      by: "parent",
      says: "Reading through 5 moves the offset that 3 will read from next.",
    },
    {
      call: `open("${NOTES}", O_RDWR)`,
      by: "parent",
      says: "Opened a second time: another open file with an offset of its own, on the same inode.",
    },
    {
      call: "close(3)",
      by: "parent",
      says: "Number 3 is free again. The open file stays, because 5 still points to it.",
    },
    {
      call: "close(5)",
      by: "parent",
      says: "The last descriptor of the first open file is gone, and with it the open file. The second one keeps the inode in use.",
    },
  ],
};

const FORK: Plot = {
  id: "fork",
  title: "fork",
  hint: "The child gets a copy of the table, and no copy of the open files.",
  name: "reader",
  *program(sys) {
    yield* sleepUntil(sys, 1);
    const notes = yield* sys.open(NOTES, O_RDWR);
    yield* sleepUntil(sys, 2);
    if ((yield* sys.fork()) === 0) {
      yield* sleepUntil(sys, 3);
      yield* sys.read(notes, 4);
      yield* sleepUntil(sys, 5);
      yield* sys.close(notes);
      yield* sleepUntil(sys, 6);
      return yield* sys.exit(0);
    }
    yield* sleepUntil(sys, 4);
    yield* sys.read(notes, 6);
    yield* sleepUntil(sys, 6.3);
    yield* sys.wait4();
    yield* sleepUntil(sys, 8);
    return 0;
  },
  steps: [
    {
      call: `open("${NOTES}", O_RDWR)`,
      by: "parent",
      says: "One process, one open file on the notes.",
    },
    {
      call: "fork()",
      by: "parent",
      says: "The table is copied: eight descriptors now, and still two open files.",
    },
    { call: "read(3, buf, 4)", by: "child", says: "The child reads four bytes." },
    {
      call: "read(3, buf, 6)",
      by: "parent",
      says: "The parent goes on where the child stopped: the offset is in the open file that they share.",
    },
    {
      call: "close(3)",
      by: "child",
      says: "The child closes its own descriptor. The parent's is another entry of another table.",
    },
    {
      call: "exit(0)",
      by: "child",
      says: "The child ends, and all its descriptors are closed. The open files lived on with the parent all the time.",
    },
  ],
};

const REDIRECTION: Plot = {
  id: "redirection",
  title: "echo > file",
  hint: "What a shell does for a redirection, between fork and execve. Echo never learns of it.",
  name: "sh",
  *program(sys) {
    yield* sleepUntil(sys, 1);
    if ((yield* sys.fork()) === 0) {
      yield* sleepUntil(sys, 2);
      const list = yield* sys.open(LIST, O_WRONLY | O_CREAT | O_TRUNC);
      yield* sleepUntil(sys, 3);
      yield* sys.dup2(list, 1);
      yield* sleepUntil(sys, 4);
      yield* sys.close(list);
      yield* sleepUntil(sys, 5);
      yield* sys.execve("/bin/echo", ["echo", "bread"]);
      return 127;
    }
    yield* sys.wait4();
    yield* sleepUntil(sys, 9);
    return 0;
  },
  others: {
    // The machine's own echo would be done before anybody could look.
    *"/bin/echo"(sys, argv) {
      yield* sleepUntil(sys, 6);
      yield* sys.write(1, `${argv.slice(1).join(" ")}\n`);
      yield* sleepUntil(sys, 7);
      return 0;
    },
  },
  steps: [
    {
      call: "fork()",
      by: "parent",
      says: "The shell makes a child, which for now is a shell as well.",
    },
    {
      call: `open("${LIST}", O_WRONLY | O_CREAT | O_TRUNC)`,
      by: "child",
      says: "Still the shell's own code, but in the child: it opens the file of the redirection.",
    },
    {
      call: "dup2(3, 1)",
      by: "child",
      says: "Descriptor 1, whatever it was, is closed and made to point to that file.",
    },
    {
      call: "close(3)",
      by: "child",
      says: "The number that open() gave is of no use to the program to come.",
    },
    {
      call: 'execve("/bin/echo", …)',
      by: "child",
      says: "A new program in the same process: memory is replaced, the descriptor table is kept.",
    },
    {
      call: 'write(1, "bread\\n", 6)',
      by: "child",
      says: "Echo writes to descriptor 1 as it always does. The bytes go into the file; the shell's own descriptor 1 is the terminal as before.",
    },
    {
      call: "exit(0)",
      by: "child",
      says: "Echo ends, its open file goes, and wait4() in the shell returns.",
    },
  ],
};
