import { invariant } from "../hw/simulator-bug.ts";

/** Where the kernel's own places begin, for the copies of `Mm`: no program can have such an address. */
export const KERNEL_WINDOW = 2 ** 50;
/** From one place to the next. */
const STRIDE = 2 ** 24;

/**
 * Memory of the kernel that its copies from and to user memory reach as if it were the program's. A call of 32-bit
 * programs puts a structure there in the layout that the call of 64-bit programs reads.
 *
 * @linux include/linux/uaccess.h `set_fs(KERNEL_DS)` (up to 5.9)
 */
export class KernelWindow {
  readonly #places: (Uint8Array | undefined)[] = [];

  /** The address of `bytes` new bytes of zeros. */
  open(bytes: number): number {
    invariant(bytes <= STRIDE, "a structure that is larger than its place");
    let index = this.#places.indexOf(undefined);
    if (index < 0) index = this.#places.push(undefined) - 1;
    this.#places[index] = new Uint8Array(bytes);
    return KERNEL_WINDOW + index * STRIDE;
  }

  close(address: number): void {
    this.#places[(address - KERNEL_WINDOW) / STRIDE] = undefined;
    while (this.#places.length > 0 && this.#places.at(-1) === undefined) this.#places.pop();
  }

  /** The bytes from `address` on, up to `n`; none where nothing lies. */
  bytesAt(address: number, n: number): Uint8Array {
    const at = (address - KERNEL_WINDOW) % STRIDE;
    const place = this.#places[Math.floor((address - KERNEL_WINDOW) / STRIDE)];
    return place?.subarray(at, at + n) ?? new Uint8Array(0);
  }
}
