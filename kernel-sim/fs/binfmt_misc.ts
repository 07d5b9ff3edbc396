import { EINVAL, ENOENT, ENOEXEC } from "../include/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { BINPRM_BUF_SIZE, type Binfmt, type Binprm } from "./binprm.ts";
import type { Dentry } from "./dcache.ts";
import { openExec } from "./exec-open.ts";
import type { ByteString, File } from "./fs.ts";
import { getExeFile } from "./open-file.ts";

/** The shortest and the longest line that registers a format. */
const REGISTER_BYTES_MIN = 11;
const REGISTER_BYTES_MAX = 1920;

/** A format that somebody has registered: which files are of it, and what runs them. */
export interface MiscEntry {
  readonly name: ByteString;
  /** The bytes that stand at `offset`, under `mask`; undefined: the name ends in `.extension`. */
  readonly magic: ByteString | undefined;
  readonly mask: ByteString | undefined;
  readonly offset: number;
  readonly extension: ByteString;
  readonly interpreter: ByteString;
  /** P: argv[0] stays behind the name of the file. */
  readonly preservesArgv0: boolean;
  /** O: the interpreter gets the open file (AT_EXECFD). */
  readonly opensBinary: boolean;
  /** C: it gets the rights of the file and not its own. */
  readonly takesCredentials: boolean;
  /** F: it was opened when the format was registered. */
  readonly isOpenedNow: boolean;
  isEnabled: boolean;
  file: File | undefined;
  dentry: Dentry | undefined;
}

/** All registered formats of a machine, the newest first. @linux include/linux/binfmts.h `struct binfmt_misc` (6.18) */
export class BinfmtMisc {
  isEnabled = true;
  readonly entries: MiscEntry[] = [];
}

export function binfmtMisc(kernel: Kernel): BinfmtMisc {
  return kernel.subsystem("binfmt_misc", () => new BinfmtMisc());
}

/**
 * Formats that are registered while the machine runs.
 *
 * @linux fs/binfmt_misc.c `load_misc_binary` (6.18)
 * @spec Documentation/admin-guide/binfmt-misc.rst
 */
export const miscFormat: Binfmt = {
  name: "misc",
  load(bprm) {
    const misc = binfmtMisc(bprm.task.kernel);
    if (!misc.isEnabled || misc.entries.length === 0) return -ENOEXEC;
    const entry = misc.entries.find((each) => each.isEnabled && isOf(each, bprm));
    if (entry === undefined) return -ENOEXEC;
    // The interpreter could not open the file again.
    if (bprm.isPathInaccessible) return -ENOENT;
    if (entry.preservesArgv0) bprm.preservesArgv0 = true;
    if (entry.opensBinary) bprm.hasExecfd = true;
    const rest = entry.preservesArgv0 ? bprm.argv : bprm.argv.slice(1);
    bprm.argv = [entry.interpreter, bprm.interp, ...rest];
    bprm.interp = entry.interpreter;
    const file =
      entry.file === undefined ? openExec(bprm.task, entry.interpreter) : getExeFile(entry.file);
    if (typeof file === "number") return file;
    bprm.interpreter = file;
    if (entry.takesCredentials) bprm.takesExecfdCreds = true;
    return 0;
  },
};

/** @linux fs/binfmt_misc.c `search_binfmt_handler` (6.18) */
function isOf(entry: MiscEntry, { interp, buf }: Binprm): boolean {
  const { magic, mask, offset } = entry;
  if (magic === undefined) {
    const dot = interp.lastIndexOf(".");
    return dot >= 0 && interp.slice(dot + 1) === entry.extension;
  }
  for (let i = 0; i < magic.length; i++) {
    const wanted = mask === undefined ? 0xff : mask.charCodeAt(i);
    if (((buf[offset + i]! ^ magic.charCodeAt(i)) & wanted) !== 0) return false;
  }
  return true;
}

/**
 * Reads `:name:type:offset:magic:mask:interpreter:flags`; the first character is what separates.
 *
 * @linux fs/binfmt_misc.c `create_entry` (6.18)
 */
export function createEntry(line: ByteString): MiscEntry | number {
  if (line.length < REGISTER_BYTES_MIN || line.length > REGISTER_BYTES_MAX) return -EINVAL;
  const fields = new Fields(line);
  const name = fields.next();
  if (name === undefined || ["", ".", ".."].includes(name) || name.includes("/")) return -EINVAL;
  const type = fields.next();
  if (type !== "E" && type !== "M") return -EINVAL;
  const matched = type === "M" ? magicOf(fields) : extensionOf(fields);
  if (matched === undefined) return -EINVAL;
  const interpreter = fields.next();
  if (interpreter === undefined || interpreter === "") return -EINVAL;
  // What separates stands behind the line's end as often as one likes.
  const flags = /^([POCF]*)\n?$/.exec(fields.rest)?.[1];
  if (flags === undefined) return -EINVAL;
  return {
    ...{ name, ...matched, interpreter, file: undefined, dentry: undefined },
    preservesArgv0: flags.includes("P"),
    opensBinary: /[OC]/.test(flags),
    takesCredentials: flags.includes("C"),
    isOpenedNow: flags.includes("F"),
    isEnabled: true,
  };
}

/** The fields of such a line, one after the other. */
class Fields {
  readonly #line: ByteString;
  readonly #separator: string;
  #at = 1;

  constructor(line: ByteString) {
    this.#line = line;
    this.#separator = line[0]!;
  }

  /** Up to the next separator; undefined when there is none. The kernel adds some behind the end. */
  next(): ByteString | undefined {
    const end = this.#line.indexOf(this.#separator, this.#at);
    if (end < 0) {
      if (this.#at > this.#line.length) return undefined;
      const last = this.#line.slice(this.#at);
      this.#at = this.#line.length + 1;
      return last;
    }
    const field = this.#line.slice(this.#at, end);
    this.#at = end + 1;
    return field;
  }

  get rest(): ByteString {
    // A line that ends within its fields has used up a separator that is not its own.
    return this.#at > this.#line.length ? "\0" : this.#line.slice(this.#at);
  }
}

type Matched = Pick<MiscEntry, "magic" | "mask" | "offset" | "extension">;

function magicOf(fields: Fields): Matched | undefined {
  const offsetText = fields.next();
  const magicText = fields.next();
  const maskText = fields.next();
  if (offsetText === undefined || magicText === undefined || maskText === undefined) {
    return undefined;
  }
  if (!/^(?:\+?\d+)?$/.test(offsetText) || magicText === "") return undefined;
  const offset = Number(offsetText || "0");
  const magic = unescapeHex(magicText);
  const mask = maskText === "" ? undefined : unescapeHex(maskText);
  if (magic === undefined || (maskText !== "" && mask?.length !== magic.length)) return undefined;
  if (magic.length + offset > BINPRM_BUF_SIZE) return undefined;
  return { magic, mask, offset, extension: "" };
}

/** `\x41` is one byte; two digits have to follow. */
function unescapeHex(text: ByteString): ByteString | undefined {
  if (/\\x(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The fields for offset and mask mean nothing here. */
function extensionOf(fields: Fields): Matched | undefined {
  const offset = fields.next();
  const extension = fields.next();
  const mask = fields.next();
  if (offset === undefined || extension === undefined || mask === undefined) return undefined;
  if (extension === "" || extension.includes("/")) return undefined;
  return { magic: undefined, mask: undefined, offset: 0, extension };
}

/** What an entry's file shows. @linux fs/binfmt_misc.c `entry_status` (6.18) */
export function entryStatus(entry: MiscEntry): ByteString {
  const flags = [
    entry.preservesArgv0 ? "P" : "",
    entry.opensBinary ? "O" : "",
    entry.takesCredentials ? "C" : "",
    entry.isOpenedNow ? "F" : "",
  ].join("");
  const head = `${entry.isEnabled ? "enabled" : "disabled"}\ninterpreter ${entry.interpreter}\nflags: ${flags}\n`;
  const { magic, mask, offset, extension } = entry;
  if (magic === undefined) return `${head}extension .${extension}\n`;
  const masked = mask === undefined ? "" : `mask ${hex(mask)}\n`;
  return `${head}offset ${offset}\nmagic ${hex(magic)}\n${masked}`;
}

function hex(bytes: ByteString): string {
  return [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
