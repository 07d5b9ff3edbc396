import type { BpfObject } from "./kernel.ts";
import type { BpfObjects } from "./objects.ts";
import type { DescriptorTable } from "./sys/caller.ts";

/** Behind standard input, output and error. */
const FIRST_FD = 3;

/** Descriptors of who uses BPF without being a task. Those of links are closed, others never. */
export class BpfFiles extends Map<number, BpfObject> implements DescriptorTable {
  #next = FIRST_FD;
  readonly #flags = new Map<number, number>();

  /** Input, output and error are open. */
  override has(fd: number): boolean {
    return (fd >= 0 && fd < FIRST_FD) || super.has(fd);
  }

  install(object: BpfObject, flags: number): number {
    const fd = this.#next++;
    this.set(fd, object);
    if (flags !== 0) this.#flags.set(fd, flags);
    return fd;
  }

  flagsOf(fd: number): number {
    return this.#flags.get(fd) ?? 0;
  }

  /** Nothing happens when it is closed already. */
  close(fd: number, objects: BpfObjects): void {
    const object = this.get(fd);
    this.delete(fd);
    if (object !== undefined) objects.release(object);
  }

  whyFull(): 0 {
    return 0;
  }
}
