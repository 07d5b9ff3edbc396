import { E2BIG, EAGAIN, ENOMEM } from "../include/errno.ts";
import { writeWord } from "../trace/kernel-functions.ts";
import type { BpfKernel } from "./kernel.ts";
import { StatsUser } from "./objects.ts";
import type { LoadedProgram } from "./program.ts";

/** What an iterator goes over. @linux include/linux/seq_file.h `struct seq_operations` (6.18) */
export interface IterWalk {
  /** The file is read again: what comes next may have gone meanwhile. */
  start?(): void;
  /** The addresses that the program gets of the present object; undefined: there is none left. */
  current(): readonly number[] | undefined;
  /** To the next one. */
  next(): void;
  /** How many addresses there would be. */
  readonly words: number;
  end(): void;
}

/** @linux kernel/bpf/bpf_iter.c `bpf_seq_read`: `PAGE_SIZE << 3` (6.18) */
const TEXT_BYTES = 8 * 4096;
/** As many objects does one read go over. @linux kernel/bpf/bpf_iter.c `MAX_ITER_OBJECTS` (6.18) */
const OBJECTS_MAX = 1_000_000;
const WORD_BYTES = 8;
/** `struct bpf_iter_meta`: a seq_file, the number of the session, that of the object. */
const META_BYTES = 3 * WORD_BYTES;

/**
 * An open file of an iterator: what its program prints of each object is read from it.
 *
 * @linux kernel/bpf/bpf_iter.c `bpf_iter_fops` (6.18)
 */
export class IterFile extends StatsUser {
  readonly #kernel: BpfKernel;
  readonly #prog: LoadedProgram;
  readonly #walk: IterWalk;
  readonly #session: number;
  readonly #text = new Uint8Array(TEXT_BYTES);
  readonly #meta: number;
  /** How much of the text is there, and how much of it was read. */
  #count = 0;
  #from = 0;
  #hasOverflowed = false;
  #seqNum = 0;
  /** The program was told that there is nothing more. */
  #isDone = false;

  /** -ENOMEM: there is no room for what its program is to see; then `walk` has ended. */
  static open(kernel: BpfKernel, prog: LoadedProgram, walk: IterWalk): IterFile | number {
    const meta = kernel.memory.alloc(META_BYTES + WORD_BYTES * (1 + walk.words));
    if (meta !== 0) return new IterFile(kernel, prog, walk, meta);
    walk.end();
    return -ENOMEM;
  }

  private constructor(kernel: BpfKernel, prog: LoadedProgram, walk: IterWalk, meta: number) {
    super(() => {
      walk.end();
      kernel.memory.free(meta, META_BYTES + WORD_BYTES * (1 + walk.words));
      kernel.unref(prog);
    });
    this.#kernel = kernel;
    this.#prog = prog;
    this.#walk = walk;
    this.#session = kernel.nextIterSession();
    this.#meta = meta;
    kernel.ref(prog);
  }

  /** False: there is no room for it. @linux fs/seq_file.c `seq_write` (6.18) */
  print(text: Uint8Array): boolean {
    if (this.#count + text.length < TEXT_BYTES) {
      this.#text.set(text, this.#count);
      this.#count += text.length;
    } else this.#hasOverflowed = true;
    return !this.#hasOverflowed;
  }

  /** At most `size` bytes, or a negative errno. @linux kernel/bpf/bpf_iter.c `bpf_seq_read` (6.18) */
  read(size: number): Uint8Array | number {
    if (this.#count > this.#from) return this.#take(size);
    this.#from = 0;
    this.#count = 0;
    this.#walk.start?.();
    let words = this.#walk.current();
    for (let shown = 0; words !== undefined; shown++) {
      if (this.#count >= size && this.#count > 0) return this.#take(size);
      if (shown >= OBJECTS_MAX) return this.#count === 0 ? -EAGAIN : this.#take(size);
      const before = this.#count;
      const err = this.#show(words);
      if (err !== 0) {
        this.#count = before;
        if (before === 0) return err;
        return this.#take(size);
      }
      this.#walk.next();
      words = this.#walk.current();
      if (words !== undefined) this.#seqNum++;
    }
    const before = this.#count;
    if (!this.#isDone) {
      const err = this.#show(Array.from({ length: this.#walk.words }, () => 0));
      if (err === -E2BIG) {
        this.#count = before;
        if (before === 0) return err;
      } else this.#isDone = true;
    }
    return this.#take(size);
  }

  #take(size: number): Uint8Array {
    const piece = this.#text.slice(this.#from, Math.min(this.#count, this.#from + size));
    this.#from += piece.length;
    return piece;
  }

  /** Lets the program look at one object. @linux kernel/bpf/bpf_iter.c `bpf_iter_run_prog` (6.18) */
  #show(words: readonly number[]): 0 | number {
    const kernel = this.#kernel;
    const { memory } = kernel;
    const context = this.#meta + META_BYTES;
    // Only what prints has a use for the file: any address will do.
    [this.#meta, this.#session, this.#seqNum, this.#meta, ...words].forEach((word, i) => {
      writeWord(memory, this.#meta + i * WORD_BYTES, word);
    });
    this.#hasOverflowed = false;
    const outer = kernel.iterFile;
    kernel.iterFile = this;
    const vm = kernel.cpu(0);
    const answer = kernel.jit.run(this.#prog, vm, context);
    kernel.countRun(this.#prog, 1, vm.executed);
    kernel.iterFile = outer;
    if (answer !== 0) return -EAGAIN;
    return this.#hasOverflowed ? -E2BIG : 0;
  }
}
