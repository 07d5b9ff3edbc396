import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { bpfDoor } from "../../kernel-sim/bpf/sys/door.ts";
import { bpfFsType } from "../../kernel-sim/fs/bpf-fs.ts";
import { registerFilesystem } from "../../kernel-sim/fs/filesystems.ts";
import { fsSyscalls } from "../../kernel-sim/fs/syscalls.ts";
import { TestCaller } from "../../kernel-sim/fs/test-calls.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { bpfSyscalls } from "../../kernel-sim/kernel/bpf.ts";
import { AttachedPrograms } from "../../kernel-sim/trace/attached.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";

type Words = readonly (number | string)[];

/** What every call finds. */
interface Setup {
  /** By name, in hex. */
  readonly texts: Readonly<Record<string, string>>;
  readonly descriptors: readonly (readonly [name: string, command: number, words: Words])[];
}

interface Call {
  readonly command: number;
  readonly size: number;
  readonly words: Words;
  readonly answer: number | "fd";
}

const MAP_FREEZE = 22;
const FIXTURE = join(import.meta.dirname, "../fixtures/bpf/calls-of-bpf.jsonl.gz");
const ATTR_BYTES = 168;
/** "BAD" */
const NOWHERE = 1;
/** Pages of the task: texts stand in the first ones. */
const [DIRECTORY, ATTR] = [14, 15];

/** A task with three open files and what the setup asks for. */
class Asker extends TestCaller {
  readonly #known = new Map<string, number>();

  constructor({ texts, descriptors }: Setup) {
    super({ ...fsSyscalls, ...bpfSyscalls });
    const attached = new AttachedPrograms();
    let bpf: BpfKernel | undefined;
    this.task.kernel.hooks.bpf = bpfDoor(() => {
      bpf ??= new BpfKernel(1, 2, new Clock(), new TraceRing(), attached);
      return bpf;
    });
    registerFilesystem(this.task.kernel, bpfFsType);
    this.call("mkdir", this.at(DIRECTORY, "/d"), 0o755);
    for (let fd = 0; fd < 3; fd++) this.call("openat", -100, this.at(DIRECTORY, "/d"), 0, 0);
    for (const [slot, [name, hex]] of Object.entries(texts).entries()) {
      this.#known.set(`P:${name}`, this.at(slot, Uint8Array.from(Buffer.from(hex, "hex"))));
    }
    for (const [name, command, words] of descriptors) {
      this.#known.set(`F:${name}`, this.bpf(command, words, words.length * 4));
      if (name === "frozen") this.bpf(MAP_FREEZE, [`F:${name}`], 4);
    }
  }

  bpf(command: number, words: Words, size: number): number {
    const attr = this.at(ATTR, this.#block(words, Math.max(words.length * 4, size, ATTR_BYTES)));
    return this.call("bpf", command, attr, size);
  }

  #block(words: Words, bytes: number): Uint8Array {
    const view = new DataView(new ArrayBuffer(Math.min(bytes, 4096)));
    for (const [at, word] of words.entries()) {
      const value = typeof word === "string" ? this.#known.get(word) : word;
      view.setInt32(at * 4, value ?? NOWHERE, true);
    }
    return new Uint8Array(view.buffer);
  }
}

// linux-bpf/record_calls.py with seed 1.
test("calls of bpf(2) with attributes near right are answered as Linux 6.18 answers them", () => {
  const lines = gunzipSync(readFileSync(FIXTURE)).toString().trim().split("\n");
  const [setup, ...calls] = lines.map((line) => JSON.parse(line) as unknown);
  const differences = (calls as Call[]).flatMap(({ answer, ...call }) => {
    const { command, words, size } = call;
    const got = new Asker(setup as Setup).bpf(command, words, size);
    const ours = got > 0 ? "fd" : got;
    return ours === answer ? [] : [`${JSON.stringify(call)}: ${ours}, Linux: ${answer}`];
  });
  expect(calls).toHaveLength(1000);
  expect(differences).toEqual([]);
});
