import type { SharedWord as Word } from "../api-explore.ts";
import type { SystemCall, SystemCalls } from "../api-kernel.ts";

const WORD_BYTES = 4;

/** A word of shared memory as one thread has it: 32 bits, signed. Each call is one step. */
export class SharedWord implements Word {
  readonly #sys: SystemCalls;
  readonly address: number;

  constructor(sys: SystemCalls, address: number) {
    this.#sys = sys;
    this.address = address;
    Object.freeze(this);
  }

  *load(): SystemCall {
    const bytes = yield* this.#sys.load(this.address, WORD_BYTES);
    return new DataView(bytes.buffer).getInt32(0, true);
  }

  *store(value: number): SystemCall<void> {
    yield* this.#sys.store(this.address, wordBytes(value));
  }

  add(n: number): SystemCall {
    return this.#sys.fetchAdd(this.address, n);
  }

  exchange(value: number): SystemCall {
    return this.#sys.exchange(this.address, value);
  }

  compareExchange(expected: number, value: number): SystemCall {
    return this.#sys.compareExchange(this.address, expected, value);
  }
}

/** The bytes of a word. */
export function wordBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
