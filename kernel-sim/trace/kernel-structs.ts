/** Objects of the kernel, as programs see them that look into its structures. */
import type { Btf } from "../bpf/btf/btf.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  type BtfStruct,
  isStruct,
  memberBitOffset,
} from "../bpf/btf/kinds.ts";
import type { BpfMemory } from "../bpf/memory.ts";
import type { Binprm } from "../fs/binprm.ts";
import type { Dentry } from "../fs/dcache.ts";
import type { File, Inode, Path } from "../fs/fs.ts";
import type { CloneArgs } from "../kernel/fork.ts";
import type { KernelArg } from "../kernel/function-probes.ts";
import type { Task } from "../kernel/task.ts";

/** A number, a text (or where one begins), or another structure (or where it is). */
type Member = number | string | { readonly struct: string; readonly of: unknown } | undefined;
type Members = Readonly<Record<string, Member>>;

const path = (of: Path): Member => ({ struct: "path", of });
const inode = (of: Inode | undefined): Member => of && { struct: "inode", of };
const dentry = (of: Dentry): Member => ({ struct: "dentry", of });
const file = (of: File | undefined): Member => of && { struct: "file", of };

/**
 * What members hold, by the structure; others are 0.
 *
 * @simplified a structure is written anew for each function that a program looks at, so the same object has
 * another address there
 */
const MEMBERS: Readonly<Record<string, (of: never) => Members>> = {
  task_struct: ({ pid, tgid, comm }: Pick<Task, "pid" | "tgid" | "comm">) => ({ pid, tgid, comm }),
  file: (of: File) => ({
    f_mode: of.mode,
    f_flags: of.flags,
    f_inode: inode(of.inode),
    f_path: path(of.path),
    f_pos: of.pos,
  }),
  path: (of: Path) => ({ dentry: dentry(of.dentry) }),
  dentry: (of: Dentry) => ({
    d_parent: of.parent === of ? undefined : dentry(of.parent),
    d_name: { struct: "qstr", of: of.name },
    d_inode: inode(of.inode),
  }),
  qstr: (name: string) => ({ len: name.length, name }),
  inode: (of: Inode) => ({
    i_mode: of.mode,
    i_uid: of.uid,
    i_gid: of.gid,
    i_ino: of.ino,
    i_nlink: of.nlink,
    i_rdev: of.rdev,
    i_size: of.size,
  }),
  filename: (name: string) => ({ name, refcnt: 1 }),
  linux_binprm: (of: Binprm) => ({
    file: file(of.file),
    filename: of.filename,
    interp: of.interp,
    argc: of.argv.length,
    envc: of.envp.length,
  }),
  kernel_clone_args: (of: CloneArgs) => ({
    flags: of.flags,
    exit_signal: of.exitSignal,
    stack: of.stack,
    tls: of.tls,
  }),
  open_how: (of: Members) => of,
};

function membersOf(struct: string, of: unknown): Members {
  return MEMBERS[struct]?.(of as never) ?? {};
}

/** More than a path as deep as names can be. */
const ROOM_BYTES = 1 << 16;
const POINTER_BYTES = 8;

/** The structures that one call of a function is about, in memory that programs can read. */
export class KernelStructs {
  readonly #memory: BpfMemory;
  readonly #btf: Btf;
  readonly #start: number;
  #free: number;
  /** What was written already, by the object. */
  readonly #places = new Map<unknown, number>();

  /** Without memory all pointers are null. */
  constructor(memory: BpfMemory, btf: Btf) {
    this.#memory = memory;
    this.#btf = btf;
    this.#start = memory.alloc(ROOM_BYTES);
    this.#free = this.#start;
  }

  /** Room of `bytes`, filled with 0; 0: there is none. */
  reserve(bytes: number): number {
    const at = this.#free;
    const end = at + Math.ceil(bytes / POINTER_BYTES) * POINTER_BYTES;
    if (this.#start === 0 || end > this.#start + ROOM_BYTES) return 0;
    this.#memory.bytes.fill(0, at, end);
    this.#free = end;
    return at;
  }

  release(): void {
    if (this.#start !== 0) this.#memory.free(this.#start, ROOM_BYTES);
  }

  /** What a function gets as an argument. */
  argument(arg: KernelArg): number {
    if (typeof arg === "number") return arg;
    // What a task has given, as it is.
    if (arg.of instanceof Uint8Array) return this.#bytesAt(arg.of);
    if (arg.struct !== "loff_t") return this.#place(arg.struct, arg.of);
    const at = this.reserve(POINTER_BYTES);
    if (at !== 0) this.#number(at, POINTER_BYTES, Number(arg.of));
    return at;
  }

  #bytesAt(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    if (at !== 0) this.#memory.bytes.set(bytes, at);
    return at;
  }

  #place(name: string, of: unknown): number {
    const known = this.#places.get(of);
    if (known !== undefined) return known;
    const struct = this.#struct(name);
    const at = struct === undefined ? 0 : this.reserve(struct.size);
    if (struct === undefined || at === 0) return 0;
    // Before what it leads to, which may lead back.
    if (typeof of === "object") this.#places.set(of, at);
    this.#fill(at, struct, membersOf(name, of));
    return at;
  }

  #struct(name: string): BtfStruct | undefined {
    const found = this.#btf.findByNameKind(name, BTF_KIND_STRUCT);
    return found?.kind === BTF_KIND_STRUCT ? found : undefined;
  }

  #fill(at: number, struct: BtfStruct, members: Members): void {
    for (const member of struct.members) {
      const place = at + memberBitOffset(struct, member) / 8;
      const value = members[this.#btf.nameOf(member)];
      const inner = this.#btf.skipModifiers(member.type);
      if (value !== undefined) this.#member(place, member.type, value);
      // What has no name of its own has members of the structure around it.
      else if (member.nameOff === 0 && inner !== undefined && isStruct(inner)) {
        this.#fill(place, inner, members);
      }
    }
  }

  #member(at: number, typeId: number, value: Exclude<Member, undefined>): void {
    const type = this.#btf.skipModifiers(typeId);
    if (typeof value === "string") {
      if (type?.kind === BTF_KIND_ARRAY) this.#text(at, value.slice(0, type.nelems - 1));
      else this.#number(at, POINTER_BYTES, this.#textAt(value));
    } else if (typeof value === "number") {
      this.#number(at, this.#btf.typeIdSize(typeId)?.size ?? POINTER_BYTES, value);
    } else if (type?.kind === BTF_KIND_PTR) {
      this.#number(at, POINTER_BYTES, this.#place(value.struct, value.of));
    } else if (type?.kind === BTF_KIND_STRUCT) {
      this.#fill(at, type, membersOf(value.struct, value.of));
    }
  }

  #textAt(text: string): number {
    const at = this.reserve(text.length + 1);
    if (at !== 0) this.#text(at, text);
    return at;
  }

  #text(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.#memory.bytes[at + i] = text.charCodeAt(i);
  }

  #number(at: number, bytes: number, value: number): void {
    const { view } = this.#memory;
    if (bytes === 1) view.setUint8(at, value);
    else if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value % 2 ** 32, true);
    if (bytes === POINTER_BYTES) view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}
