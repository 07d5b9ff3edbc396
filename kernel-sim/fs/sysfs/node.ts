import type { Kernel } from "../../kernel/kernel.ts";
import type { Vma } from "../../mm/vma.ts";
import type { ByteString } from "../fs.ts";

/** A directory of /sys: an object of the kernel, or a group of them. @linux include/linux/kobject.h `struct kobject` (6.18) */
export interface SysfsDir {
  readonly kind: "dir";
  readonly mode: number;
  /** What is in it now, in the order in which it is listed. */
  readonly entries: () => Readonly<Record<string, SysfsNode>>;
}

/** A file of /sys: one value. @linux include/linux/sysfs.h `struct attribute` (6.18) */
export interface SysfsAttribute {
  readonly kind: "attribute";
  readonly mode: number;
  readonly show: (() => ByteString) | undefined;
  /** Takes what was written: 0 or a negative errno. */
  readonly store: ((text: ByteString) => number) | undefined;
}

export interface SysfsLink {
  readonly kind: "link";
  readonly target: string;
}

/** A file of bytes that only its reader understands. @linux include/linux/sysfs.h `struct bin_attribute` (6.18) */
export interface SysfsBinary {
  readonly kind: "binary";
  readonly mode: number;
  readonly bytes: () => Uint8Array;
  readonly mmap: ((vma: Vma) => number) | undefined;
}

export type SysfsNode = SysfsDir | SysfsAttribute | SysfsBinary | SysfsLink;

export function dir(entries: SysfsDir["entries"], mode = 0o755): SysfsDir {
  return { kind: "dir", mode, entries };
}

/** A directory with nothing in it: something is mounted there, or nothing exists yet. */
export function emptyDir(mode = 0o755): SysfsDir {
  return dir(() => ({}), mode);
}

/** A value and its newline (`DEVICE_ATTR_RO`). */
export function readOnly(show: () => string | number, mode = 0o444): SysfsAttribute {
  return { kind: "attribute", mode, show: () => `${show()}\n`, store: undefined };
}

/** A value that root may set (`DEVICE_ATTR_RW`). */
export function readWrite(
  show: () => string | number,
  store: (text: ByteString) => number,
): SysfsAttribute {
  return { kind: "attribute", mode: 0o644, show: () => `${show()}\n`, store };
}

export function binary(
  bytes: SysfsBinary["bytes"],
  mmap: SysfsBinary["mmap"] = undefined,
): SysfsBinary {
  return { kind: "binary", mode: 0o444, bytes, mmap };
}

export function link(target: string): SysfsLink {
  return { kind: "link", target };
}

/** The whole tree. Parts of the kernel have theirs under a path: asked when somebody looks. */
export class SysfsTree {
  readonly #parts = new Map<string, SysfsNode>();

  /** Puts a directory, a value or a link at `path` ("class/net"). @linux lib/kobject.c `kobject_add` (6.18) */
  add(path: string, node: SysfsNode): void {
    this.#parts.set(path, node);
  }

  get root(): SysfsDir {
    return this.#at("");
  }

  #at(path: string): SysfsDir {
    return dir(() => {
      const found: Record<string, SysfsNode> = {};
      const start = path === "" ? "" : `${path}/`;
      for (const [name, node] of this.#parts) {
        if (!name.startsWith(start)) continue;
        const [first = "", ...rest] = name.slice(start.length).split("/");
        if (rest.length === 0) found[first] = node;
        else found[first] ??= this.#at(`${start}${first}`);
      }
      return found;
    });
  }
}

export function sysfsTree(kernel: Kernel): SysfsTree {
  return kernel.subsystem("sysfs.tree", () => new SysfsTree());
}
