import { ENOMEM } from "../include/errno.ts";
import type { Mm } from "../mm/mm.ts";
import { insertAnonymous } from "../mm/mmap-region.ts";
import { setInt64 } from "../mm/uaccess.ts";
import { VM_GROWSDOWN, VM_LOCKED } from "../mm/vma.ts";
import type { Binprm } from "./binprm.ts";
import type { ByteString } from "./fs.ts";

const PAGE_SIZE = 4096;
/** Pages that the stack has from the start, beside those of the strings (`setup_arg_pages`). */
const STACK_EXPAND = 32 * PAGE_SIZE;
const RANDOM_BYTES = 16;
/** A value that is no flag of a processor of today's lectures: x86-64 with its usual features. */
const HWCAP = 0x178b_fbff;
const CLOCK_TICKS = 100;

const AT_NULL = 0;
const AT_PHDR = 3;
const AT_PHENT = 4;
const AT_PHNUM = 5;
const AT_PAGESZ = 6;
const AT_BASE = 7;
const AT_FLAGS = 8;
const AT_ENTRY = 9;
const AT_UID = 11;
const AT_EUID = 12;
const AT_GID = 13;
const AT_EGID = 14;
const AT_PLATFORM = 15;
const AT_HWCAP = 16;
const AT_CLKTCK = 17;
const AT_SECURE = 23;
const AT_RANDOM = 25;
const AT_EXECFN = 31;
const AT_SYSINFO_EHDR = 33;

/** What a new program's stack tells it. */
interface StackSetup {
  readonly flags: number;
  readonly is32Bit: boolean;
  readonly programHeaders: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly entry: number;
  readonly interpreterBase: number;
}

/**
 * Makes the stack of a new program: from the top an empty word, the file's name, environment, arguments,
 * the platform's name, 16 random bytes, the auxiliary vector, and the pointers. Answers the stack pointer,
 * which stands on argc, or a negative errno.
 *
 * @linux fs/binfmt_elf.c `create_elf_tables`, fs/exec.c `setup_arg_pages` (6.18)
 */
export function setupStack(mm: Mm, bprm: Binprm, setup: StackSetup): number {
  const word = setup.is32Bit ? 4 : 8;
  const top = mm.taskSize;
  const strings = new StringsDown(top - word);
  const execfn = strings.push(bprm.filename);
  const envp = pushAll(strings, bprm.envp);
  const argv = pushAll(strings, bprm.argv);
  mm.argStart = argv[0] ?? strings.at;
  mm.argEnd = envp[0] ?? execfn;
  mm.envStart = mm.argEnd;
  mm.envEnd = execfn;
  strings.align();
  const platform = strings.push(setup.is32Bit ? "i686" : "x86_64");
  const random = new Uint8Array(RANDOM_BYTES);
  for (let i = 0; i < RANDOM_BYTES; i++) random[i] = mm.kernel.random.nextInt32() & 0xff;
  const randomAt = strings.pushBytes(random);
  const { cred, isSecure } = bprm.creds;
  const auxv: readonly (readonly [number, number])[] = [
    ...(mm.vdso === 0 ? [] : ([[AT_SYSINFO_EHDR, mm.vdso]] as const)),
    [AT_HWCAP, HWCAP],
    [AT_PAGESZ, PAGE_SIZE],
    [AT_CLKTCK, CLOCK_TICKS],
    [AT_PHDR, setup.programHeaders],
    [AT_PHENT, setup.phentsize],
    [AT_PHNUM, setup.phnum],
    [AT_BASE, setup.interpreterBase],
    [AT_FLAGS, 0],
    [AT_ENTRY, setup.entry],
    [AT_UID, cred.uid],
    [AT_EUID, cred.euid],
    [AT_GID, cred.gid],
    [AT_EGID, cred.egid],
    [AT_SECURE, isSecure ? 1 : 0],
    [AT_RANDOM, randomAt],
    [AT_EXECFN, execfn],
    [AT_PLATFORM, platform],
    [AT_NULL, 0],
  ];
  const words = [bprm.argv.length, ...argv, 0, ...envp, 0, ...auxv.flat()];
  const sp = Math.floor((strings.at - words.length * word) / 16) * 16;
  const bottom = Math.floor((sp - STACK_EXPAND) / PAGE_SIZE) * PAGE_SIZE;
  if (mm.vmas.some((vma) => vma.end > bottom)) return -ENOMEM;
  insertAnonymous(mm, bottom, top - bottom, setup.flags | VM_GROWSDOWN | (mm.defFlags & VM_LOCKED));
  const table = new DataView(new ArrayBuffer(words.length * word));
  words.forEach((value, i) => {
    if (setup.is32Bit) table.setUint32(i * 4, value, true);
    else setInt64(table, i * 8, value);
  });
  mm.savedAuxv = new Uint8Array(table.buffer.slice((bprm.argv.length + envp.length + 3) * word));
  mm.startStack = sp;
  const tableBytes = new Uint8Array(table.buffer);
  if (mm.copyToUser(sp, tableBytes) < tableBytes.length) return -ENOMEM;
  return strings.write(mm) ? sp : -ENOMEM;
}

/** The last one lies highest; answers their addresses in the given order. */
function pushAll(strings: StringsDown, texts: readonly ByteString[]): number[] {
  const addresses: number[] = [];
  for (let i = texts.length - 1; i >= 0; i--) addresses.unshift(strings.push(texts[i]!));
  return addresses;
}

/** Strings that are put below each other. */
class StringsDown {
  at: number;
  readonly #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  constructor(top: number) {
    this.at = top;
  }

  push(text: ByteString): number {
    const bytes = new Uint8Array(text.length + 1);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.pushBytes(bytes);
  }

  pushBytes(bytes: Uint8Array): number {
    this.at -= bytes.length;
    this.#pieces.push({ at: this.at, bytes });
    return this.at;
  }

  align(): void {
    this.at = Math.floor(this.at / 16) * 16;
  }

  write(mm: Mm): boolean {
    return this.#pieces.every(({ at, bytes }) => mm.copyToUser(at, bytes) === bytes.length);
  }
}
