import type { BpfObject } from "./kernel.ts";
import type { DescriptorTable } from "./sys/caller.ts";

/** Behind standard input, output and error. */
const FIRST_FD = 3;

/** Descriptors of who uses BPF without being a task. They are never closed. */
export class BpfFiles extends Map<number, BpfObject> implements DescriptorTable {
  #next = FIRST_FD;

  install(object: BpfObject): number {
    const fd = this.#next++;
    this.set(fd, object);
    return fd;
  }
}
