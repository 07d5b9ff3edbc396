import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  BTF_KIND_FUNC,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
} from "../../kernel-sim/bpf/btf/kinds.ts";
import { btfVmlinux } from "../../kernel-sim/bpf/btf/vmlinux.ts";
import { ALL_BPF_CAPS } from "../../kernel-sim/bpf/capability.ts";
import type { BpfKernel, BpfObject } from "../../kernel-sim/bpf/kernel.ts";
import { BPF_LINK_TYPE_ITER } from "../../kernel-sim/bpf/link/link.ts";
import type { BpfCaller } from "../../kernel-sim/bpf/sys/caller.ts";
import { bpfDoor } from "../../kernel-sim/bpf/sys/door.ts";
import { sysBpf } from "../../kernel-sim/bpf/sys/sys-bpf.ts";
import { EBADF, ENOENT, ENOTSUPP } from "../../kernel-sim/include/errno.ts";
import { newKernel, toHex } from "./bpf-verify.ts";

type Word = number | string;

type Words = Readonly<Record<number, Word>>;
type Texts = Readonly<Record<string, string>>;

/** A step of a sequence, as `record-links.py` has recorded it on a running Linux 6.18. */
type Step =
  | { readonly buffer: string; readonly bytes: string }
  | { readonly close: string }
  /** Words of 4 bytes are put into a buffer. */
  | { readonly put: string; readonly words: Words }
  | ContentsStep
  /** A descriptor is put into the buffer of that name, and bytes behind it. */
  | { readonly which: string | null; readonly extra: string }
  | { readonly read: string; readonly size: number; readonly errno: number; readonly bytes: string }
  | { readonly fdinfo: string; readonly text: string }
  | InfoStep
  | CallStep;

/** What is in a buffer, where numbers of objects are, and where what nobody compares. */
interface ContentsStep {
  readonly contents: string;
  readonly words: Words;
  readonly ignored: readonly number[];
  readonly bytes: string;
}

interface InfoStep {
  readonly info: string;
  readonly patches: Words;
  readonly errno: number;
  readonly bytes?: string;
  readonly id?: Word;
  readonly buffers?: Texts;
}

interface CallStep {
  readonly bpf: number;
  readonly words: Words;
  readonly errno: number;
  readonly as?: string;
  readonly out?: Words;
  readonly buffers?: Texts;
}

interface Compared {
  readonly found: unknown;
  readonly expected: unknown;
}

const records = ["links", "struct-ops-values"].flatMap((name) =>
  gunzipSync(readFileSync(`tests/fixtures/bpf/${name}.jsonl.gz`))
    .toString()
    .trimEnd()
    .split("\n")
    .map((line): { note: string; steps: Step[] } => JSON.parse(line)),
);

const ATTR = 0x100;
const INFO = 0x300;
const BUFFERS = 0x1000;
const MEMORY_BYTES = 0x8000;
const [GET_INFO, PID] = [15, 4321];
const [NONE, FILE, NETNS] = [9999, 1, 2];
const INFO_BYTES = 64;

/** A function, a pointer to what a tracepoint calls, or a table of functions. */
function kernelType(name: string): number {
  const kinds = [BTF_KIND_FUNC, BTF_KIND_TYPEDEF, BTF_KIND_STRUCT];
  const found = kinds.map((kind) => btfVmlinux().findByNameKind(name, kind)).find((type) => type);
  if (found === undefined) throw new Error(`the kernel has no ${name}`);
  return found.id;
}

const SAME: Compared = { found: 0, expected: 0 };
/** Standard output and error stand for other files. */
const FIXED: Readonly<Record<string, number>> = { none: NONE, file: FILE, netns: NETNS };

/** A task that makes the recorded calls. */
class Task {
  readonly kernel: BpfKernel = newKernel();
  readonly bytes = new Uint8Array(MEMORY_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly fds = new Map(Object.entries(FIXED));
  readonly buffers = new Map<string, { readonly at: number; readonly length: number }>();
  #free = BUFFERS;
  readonly caller: BpfCaller;

  constructor() {
    const { bytes, kernel } = this;
    const { ownFiles } = kernel;
    const fits = (at: number, size: number) => at >= ATTR && at + size <= MEMORY_BYTES;
    this.caller = {
      caps: ALL_BPF_CAPS,
      uid: 0,
      unprivilegedBpfDisabled: 2,
      files: ownFiles,
      pins: { pin: () => -ENOENT, get: () => -ENOENT },
      surroundings: {
        isNetNs: (fd) => fd === NETNS,
        hasProcess: (pid) => pid === PID,
        isRegularFile(path) {
          if (path === "" || path === "/no/such/file") return -ENOENT;
          return path === "/proc/self/status";
        },
        objectOfTask(pid, fd) {
          if (pid !== PID) return -ENOENT;
          return ownFiles.get(fd) ?? (ownFiles.has(fd) ? -ENOTSUPP : -EBADF);
        },
      },
      memory: {
        read: (at, size) => (size === 0 || fits(at, size) ? bytes.slice(at, at + size) : undefined),
        write(at, written) {
          if (written.length > 0 && !fits(at, written.length)) return false;
          bytes.set(written, at);
          return true;
        },
      },
    };
  }

  #place(name: string): { readonly at: number; readonly length: number } {
    const place = this.buffers.get(name);
    if (place === undefined) throw new Error(`there is no buffer ${name}`);
    return place;
  }

  #object(name: string): BpfObject {
    const object = this.kernel.ownFiles.get(this.fds.get(name) ?? NONE);
    if (object === undefined) throw new Error(`there is no object ${name}`);
    return object;
  }

  #value(word: Word): number {
    if (typeof word === "number") return word;
    if (word === "pid") return PID;
    const name = word.slice(1);
    if (word.startsWith("%")) return kernelType(name);
    if (word.startsWith("&")) return this.#place(name).at;
    return word.startsWith("#") ? this.#object(name).id : (this.fds.get(name) ?? NONE);
  }

  #put(at: number, word: Word): void {
    const value = this.#value(word);
    this.view.setUint32(at, value % 2 ** 32, true);
    if (value >= 2 ** 32) this.view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }

  #call(command: number, words: Words): number {
    this.bytes.fill(0, ATTR, INFO);
    for (const [at, word] of Object.entries(words)) this.#put(ATTR + Number(at), word);
    return sysBpf(this.kernel, this.caller, command, ATTR, 168);
  }

  /** What comes now, and what Linux has answered. */
  step(step: Step): Compared {
    const door = bpfDoor(() => this.kernel);
    if ("buffer" in step) return this.#buffer(step.buffer, step.bytes);
    if ("close" in step) {
      this.kernel.ownFiles.closeFd(this.#value(`@${step.close}`));
      this.fds.delete(step.close);
      return SAME;
    }
    if ("put" in step) {
      const { at } = this.#place(step.put);
      for (const [offset, word] of Object.entries(step.words)) this.#put(at + Number(offset), word);
      return SAME;
    }
    if ("contents" in step) return this.#compareContents(step);
    if ("which" in step) {
      const { at } = this.#place("which");
      this.bytes.fill(0, at, at + 32);
      this.#put(at, step.which === null ? 0 : `@${step.which}`);
      this.bytes.set(Buffer.from(step.extra, "hex"), at + 4);
      return SAME;
    }
    if ("read" in step) {
      const answer = door.read(this.#object(step.read), PID, step.size);
      const isText = typeof answer !== "number";
      const found = { errno: isText ? 0 : -answer, bytes: isText ? toHex(answer) : "" };
      return { found, expected: { errno: step.errno, bytes: step.bytes } };
    }
    if ("fdinfo" in step) {
      const expected = step.text.replaceAll(/#\w+/g, (name) => String(this.#value(name)));
      return { found: door.fdinfoOf(this.#object(step.fdinfo)), expected };
    }
    return "info" in step ? this.#info(step) : this.#command(step);
  }

  #command({ bpf, words, errno, as, out = {}, buffers = {} }: CallStep): Compared {
    const answer = this.#call(bpf, words);
    if (as !== undefined && answer >= 0) this.fds.set(as, answer);
    const found = Object.keys(out).map((at) => this.view.getUint32(ATTR + Number(at), true));
    return {
      found: { errno: Math.max(-answer, 0), found, buffers: this.#contents(buffers) },
      expected: { errno, found: Object.values(out).map((word) => this.#value(word)), buffers },
    };
  }

  #buffer(name: string, bytes: string): Compared {
    const length = bytes.length / 2;
    this.buffers.set(name, { at: this.#free, length });
    this.bytes.set(Buffer.from(bytes, "hex"), this.#free);
    this.#free += Math.ceil(length / 8) * 8 + 8;
    if (this.#free > MEMORY_BYTES - 0x2000) this.#free = BUFFERS + 0x4000;
    return SAME;
  }

  #contents(buffers: Texts): Texts {
    return Object.fromEntries(
      Object.keys(buffers).map((name) => {
        const { at, length } = this.#place(name);
        return [name, toHex(this.bytes.slice(at, at + length))];
      }),
    );
  }

  #compareContents({ contents, words, ignored, bytes }: ContentsStep): Compared {
    const { at, length } = this.#place(contents);
    const room = this.bytes.slice(at, at + length);
    const view = new DataView(room.buffer);
    const found = Object.keys(words).map((offset) => view.getUint32(Number(offset), true));
    for (const offset of [...Object.keys(words), ...ignored]) {
      view.setUint32(Number(offset), 0, true);
    }
    const expected = Object.values(words).map((word) => this.#value(word));
    return { found: { found, bytes: toHex(room) }, expected: { found: expected, bytes } };
  }

  #info({ info, patches, errno, bytes, id, buffers = {} }: InfoStep): Compared {
    this.bytes.fill(0, INFO, INFO + INFO_BYTES);
    for (const [at, word] of Object.entries(patches)) this.#put(INFO + Number(at), word);
    const answer = this.#call(GET_INFO, { 0: `@${info}`, 4: INFO_BYTES, 8: INFO });
    const room = this.bytes.slice(INFO, INFO + INFO_BYTES);
    const idAt = room[0] === BPF_LINK_TYPE_ITER ? 28 : 16;
    const mapId = room[idAt];
    // Numbers of objects, and addresses, were not recorded.
    room.fill(0, 4, 12);
    if (id !== undefined) room.fill(0, idAt, idAt + 4);
    for (const [at, word] of Object.entries(patches)) {
      if (typeof word === "string") room.fill(0, Number(at), Number(at) + 8);
    }
    return {
      found: {
        errno: Math.max(-answer, 0),
        bytes: answer < 0 ? undefined : toHex(room),
        id: id === undefined ? undefined : mapId,
        buffers: this.#contents(buffers),
      },
      expected: { errno, bytes, id: id === undefined ? undefined : this.#value(id), buffers },
    };
  }
}

test.each(records)("$note, as on Linux", ({ steps }) => {
  const task = new Task();
  const different = steps
    .map((step) => ({ step, ...task.step(step) }))
    .filter(({ found, expected }) => JSON.stringify(found) !== JSON.stringify(expected));
  expect(different).toEqual([]);
});
