/** Dynptrs on the stack: what the kernel has written there must still be there when a helper gets one. */
import { BpfDynptr } from "../dynptr.ts";
import type { MemoryObject } from "./objects.ts";
import type { CheckedRun } from "./run.ts";

export const DYNPTR_BYTES = 16;

interface Known {
  /** As the last helper has left it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly object: MemoryObject;
  /** It stands for a record of a ring buffer. */
  readonly isRingbuf: boolean;
}

export class Dynptrs {
  readonly #run: CheckedRun;
  readonly #known = new Map<number, Known>();

  constructor(run: CheckedRun) {
    this.#run = run;
  }

  /** Whether there is one, as the kernel left it. */
  isWhole(address: number): boolean {
    const known = this.#known.get(address);
    if (known === undefined) return false;
    const now = this.#run.vm.memory.copyOut(address, DYNPTR_BYTES);
    return known.bytes.every((byte, i) => byte === now[i]);
  }

  isRingbuf(address: number): boolean {
    return this.#known.get(address)?.isRingbuf === true;
  }

  /** Whether the program has to give something back that it stands for. */
  isReserved(address: number): boolean {
    const known = this.#known.get(address);
    return known?.isRingbuf === true && new BpfDynptr(known, 0).data !== 0;
  }

  /** What slices of it belong to. */
  objectAt(address: number): MemoryObject | undefined {
    return this.#known.get(address)?.object;
  }

  /** A helper has made one, or changed it. */
  note(address: number, isRingbuf: boolean): void {
    const bytes = this.#run.vm.memory.copyOut(address, DYNPTR_BYTES);
    const object =
      this.#known.get(address)?.object ?? this.#run.known.dynptr(address, DYNPTR_BYTES);
    this.#known.set(address, { bytes, view: new DataView(bytes.buffer), object, isRingbuf });
  }

  /** It is gone, and with it what was reached through it. */
  forget(address: number): void {
    const known = this.#known.get(address);
    if (known === undefined) return;
    this.#known.delete(address);
    this.#run.objects.drop(known.object);
  }

  /** A frame goes; false: the run is stopped, since one in it was not given back. */
  leave(start: number, end: number): boolean {
    for (const address of this.#known.keys()) {
      if (address < start || address >= end) continue;
      if (this.isReserved(address)) {
        this.#run.leftBehind("the ring buffer's record behind a dynptr");
        return false;
      }
      this.forget(address);
    }
    return true;
  }
}
