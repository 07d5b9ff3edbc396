import { E2BIG, EFAULT } from "../../include/errno.ts";
import type { VerifierEnv } from "./env.ts";

/** An array of records in the memory of the caller. */
export interface InfoRecords {
  readonly bytes: Uint8Array;
  /** How long the caller says one is, in bytes. */
  readonly recSize: number;
  readonly count: number;
}

/** Reads records that may be longer or shorter than the kernel's, as Linux allows. */
export class RecordReader {
  readonly #env: VerifierEnv;
  readonly #records: InfoRecords;
  /** In bytes. */
  readonly #known: number;
  readonly #name: string;

  constructor(env: VerifierEnv, records: InfoRecords, known: number, name: string) {
    this.#env = env;
    this.#records = records;
    this.#known = known;
    this.#name = name;
  }

  /** The record as the kernel has it, or a negative errno. */
  read(index: number): DataView | number {
    const { bytes, recSize } = this.#records;
    const start = index * recSize;
    if (start + recSize > bytes.length) return -EFAULT;
    const unknown = bytes.subarray(start + this.#known, start + Math.max(recSize, this.#known));
    if (recSize > this.#known && unknown.some((byte) => byte !== 0)) {
      this.#env.verbose(`nonzero tailing record in ${this.#name}`);
      return -E2BIG;
    }
    const record = new Uint8Array(this.#known);
    record.set(bytes.subarray(start, start + Math.min(recSize, this.#known)));
    return new DataView(record.buffer);
  }
}
