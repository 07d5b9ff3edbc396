import { syscallNumbers64 } from "../../arch/x86/entry/syscall-table-64.ts";
import { addDisk, Disk } from "../../drivers/block/disk.ts";
import { AT_FDCWD } from "../../include/uapi/fcntl.ts";
import { BARE_MEMORY, bareTask } from "../../init/bare-task.ts";
import { initSyscalls } from "../../init/syscalls.ts";
import type { Task } from "../../kernel/task.ts";
import { TRAP_HOST, TRAP_SYSCALL, type UserContext } from "../../kernel/user-context.ts";
import { mkdev, newEncodeDev } from "../char-dev.ts";

const VIRTBLK = mkdev(254, 0);
const BUFFER = BARE_MEMORY + 0x4000;

/** A machine with one disk, mounted at /mnt, and one task that makes system calls: for tests. */
export class DiskMachine {
  readonly task: Task;
  readonly disk: Disk;

  #pending: readonly number[] | undefined = undefined;

  constructor(image: Uint8Array) {
    this.task = bareTask();
    const { kernel } = this.task;
    initSyscalls(kernel);
    const user: UserContext = { run: (task) => this.#trap(task), fork: () => user };
    this.task.user = user;
    kernel.sched.wakeUpNewTask(this.task);
    kernel.runReady();
    this.disk = new Disk(kernel, "vda", VIRTBLK, image);
    addDisk(this.disk);
    this.call("mknod", this.text(0, "/vda"), 0o060600, newEncodeDev(VIRTBLK));
    this.call("mkdir", this.text(0, "/mnt"), 0o755);
  }

  #trap({ regs }: Task): 0 | 3 {
    if (this.#pending === undefined) return TRAP_HOST;
    const [nr = 0, a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = this.#pending;
    this.#pending = undefined;
    regs.origAx = nr;
    regs.di = a0;
    regs.si = a1;
    regs.dx = a2;
    regs.r10 = a3;
    regs.r8 = a4;
    regs.r9 = a5;
    return TRAP_SYSCALL;
  }

  /** Makes a call; the disk works until it is done. */
  call(name: string, ...args: number[]): number {
    const { kernel } = this.task;
    this.#pending = [syscallNumbers64[name]!, ...args];
    kernel.wakeHostWaiter(this.task);
    kernel.runReady();
    while (this.task.kstack !== undefined) {
      kernel.advanceToNextEvent();
      kernel.runReady();
    }
    return this.task.regs.ax;
  }

  /** A string of the task's memory. */
  text(slot: number, text: string): number {
    const address = BARE_MEMORY + slot * 0x1000;
    this.task.mm!.copyToUser(
      address,
      Uint8Array.from(`${text}\0`, (char) => char.charCodeAt(0)),
    );
    return address;
  }

  mount(): number {
    return this.call("mount", this.text(0, "/vda"), this.text(1, "/mnt"), this.text(2, "ext2"));
  }

  /** Unmounts and lets the disk finish. */
  umount(): number {
    const result = this.call("umount2", this.text(0, "/mnt"), 0);
    this.settle();
    return result;
  }

  /** Lets all that was started come to its end. */
  settle(): void {
    const { kernel } = this.task;
    while (this.disk.inFlight > 0) {
      kernel.advanceToNextEvent();
      kernel.runReady();
    }
  }

  path(name: string, slot = 0): number {
    return this.text(slot, `/mnt${name}`);
  }

  write(name: string, at: number, bytes: Uint8Array): number {
    const fd = this.call("openat", AT_FDCWD, this.path(name), 0o102, 0o644);
    if (fd < 0) return fd;
    let done = 0;
    while (done < bytes.length) {
      const piece = bytes.subarray(done, done + 0x4000);
      this.task.mm!.copyToUser(BUFFER, piece);
      const put = this.call("pwrite64", fd, BUFFER, piece.length, at + done);
      if (put <= 0) {
        this.call("close", fd);
        return done > 0 ? done : put;
      }
      done += put;
    }
    this.call("close", fd);
    return done;
  }

  /** All bytes of a file, or an errno. */
  read(name: string): Uint8Array | number {
    const fd = this.call("openat", AT_FDCWD, this.path(name), 0, 0);
    if (fd < 0) return fd;
    const pieces: number[] = [];
    for (;;) {
      const got = this.call("read", fd, BUFFER, 0x4000);
      if (got <= 0) break;
      const piece = new Uint8Array(got);
      this.task.mm!.copyFromUser(BUFFER, piece);
      for (const byte of piece) pieces.push(byte);
    }
    this.call("close", fd);
    return Uint8Array.from(pieces);
  }

  /** The names in a directory but "." and "..", sorted. */
  list(name: string): string[] {
    const fd = this.call("openat", AT_FDCWD, this.path(name), 0, 0);
    const names: string[] = [];
    for (;;) {
      const got = this.call("getdents64", fd, BUFFER, 512);
      if (got <= 0) break;
      const bytes = new Uint8Array(got);
      this.task.mm!.copyFromUser(BUFFER, bytes);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < got; at += view.getUint16(at + 16, true)) {
        let text = "";
        for (let i = at + 19; bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i]!);
        if (text !== "." && text !== "..") names.push(text);
      }
    }
    this.call("close", fd);
    return names.sort();
  }
}
