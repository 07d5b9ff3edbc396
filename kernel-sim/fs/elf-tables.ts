import type { Mm } from "../mm/mm.ts";
import { setInt64 } from "../mm/uaccess.ts";
import type { ByteString } from "./fs.ts";

/** A stack that is written from its top downwards. */
export class StackWriter {
  readonly #mm: Mm;
  /** The lowest byte that was written. */
  sp: number;
  hasFailed = false;

  constructor(mm: Mm, top: number) {
    this.#mm = mm;
    this.sp = top;
  }

  /** Puts bytes below what is there and answers where. */
  put(bytes: Uint8Array): number {
    this.sp -= bytes.length;
    if (this.#mm.copyToUser(this.sp, bytes) < bytes.length) this.hasFailed = true;
    return this.sp;
  }

  /** A string with its NUL. */
  putString(text: ByteString): number {
    const bytes = new Uint8Array(text.length + 1);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.put(bytes);
  }

  /** Words of `wordBytes` each, the first one lowest, on an address that is a multiple of 16. */
  putWords(words: readonly number[], wordBytes: number): void {
    const bytes = new Uint8Array(words.length * wordBytes);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => {
      if (wordBytes === 8) setInt64(view, i * 8, word);
      else view.setUint32(i * 4, word >>> 0, true);
    });
    this.sp = Math.floor((this.sp - bytes.length) / 16) * 16 + bytes.length;
    this.put(bytes);
  }
}

/** Entries of the auxiliary vector: `include/uapi/linux/auxvec.h`. */
export const AT_NULL = 0;
export const AT_EXECFD = 2;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_PLATFORM = 15;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_RANDOM = 25;
export const AT_HWCAP2 = 26;
export const AT_RSEQ_FEATURE_SIZE = 27;
export const AT_RSEQ_ALIGN = 28;
export const AT_EXECFN = 31;
export const AT_SYSINFO = 32;
export const AT_SYSINFO_EHDR = 33;
export const AT_MINSIGSTKSZ = 51;

/** Addresses of `n` strings that lie one behind the other from `at` on. */
export function pointersTo(strings: readonly ByteString[], at: number): number[] {
  const pointers: number[] = [];
  let next = at;
  for (const text of strings) {
    pointers.push(next);
    next += text.length + 1;
  }
  return pointers;
}
