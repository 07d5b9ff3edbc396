import { EBADF, ENOTSOCK } from "../include/errno.ts";
import type { BpfObject } from "./kernel.ts";
import type { DescriptorTable, StorageOwnerKind } from "./sys/caller.ts";

/** Behind standard input, output and error. */
const FIRST_FD = 3;

/** Descriptors of who uses BPF without being a task. Those of links are closed, others by programs alone. */
export class BpfFiles extends Map<number, BpfObject> implements DescriptorTable {
  #next = FIRST_FD;
  readonly #release: (object: BpfObject) => void;
  readonly #flags = new Map<number, number>();

  constructor(release: (object: BpfObject) => void) {
    super();
    this.#release = release;
  }

  /** Input, output and error are open. */
  override has(fd: number): boolean {
    return (fd >= 0 && fd < FIRST_FD) || super.has(fd);
  }

  /** None of them is a socket or a pidfd. */
  ownerOf(fd: number, kind: StorageOwnerKind): number {
    return kind === "socket" && this.has(fd) ? -ENOTSOCK : -EBADF;
  }

  install(object: BpfObject, flags: number): number {
    const fd = this.#next++;
    this.set(fd, object);
    if (flags !== 0) this.#flags.set(fd, flags);
    return fd;
  }

  closeFd(fd: number): number {
    const object = this.get(fd);
    if (object === undefined) return -EBADF;
    this.delete(fd);
    this.#release(object);
    return 0;
  }

  flagsOf(fd: number): number {
    return this.#flags.get(fd) ?? 0;
  }

  whyFull(): 0 {
    return 0;
  }
}
