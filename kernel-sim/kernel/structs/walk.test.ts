import { expect, test } from "vitest";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  type BtfStruct,
} from "../../bpf/btf/kinds.ts";
import { memberPlace } from "../../bpf/btf/member-place.ts";
import { btfVmlinux } from "../../bpf/btf/vmlinux.ts";
import { BpfKernel } from "../../bpf/kernel.ts";
import type { KeptMember } from "../../bpf/structs/layout.ts";
import type { MemberValue, StructAt } from "../../bpf/structs/members.ts";
import { STRUCTS_UPPER } from "../../bpf/structs/upper.ts";
import { LivingKernel } from "../../facade/living-kernel.ts";
import { Clock } from "../../hw/clock.ts";
import { TraceRing } from "../../trace/ring.ts";
import { livingTasks } from "../bpf-task.ts";

/** A machine in the midst of work: a pipe, threads, sockets, a terminal, a file that is mapped. */
function busyKernel(): BpfKernel {
  const clock = new Clock();
  const ring = new TraceRing();
  const living = new LivingKernel({ seed: 1 }, 2, clock, ring);
  living.spawn("/bin/sh", { argv: ["sh", "-c", "cd /tmp; sleep 100 | cat > out; :"] });
  living.spawn(function* user(sys) {
    const [, unix] = [yield* sys.socket(2, 1, 0), yield* sys.socket(1, 1, 0)];
    for (let fd = 0; fd < 70; fd++) yield* sys.dup(unix as number);
    yield* sys.setsid();
    yield* sys.open("/dev/ttyS0", 2, 0);
    yield* sys.nanosleep(1e9);
    return 0;
  }, {});
  living.runFor(500_000_000);
  const bpf = new BpfKernel(1, 2, clock, ring);
  bpf.living = livingTasks(living.kernel);
  return bpf;
}

/** Reads what a program would, and compares it with what the object says. */
class Walk {
  readonly wrong: string[] = [];
  readonly seen = new Set<string>();
  readonly #bpf: BpfKernel;
  readonly #known = new Set<string>();
  readonly #waiting: StructAt[] = [];

  constructor(bpf: BpfKernel) {
    this.#bpf = bpf;
    this.#waiting.push(...bpf.living!.roots());
  }

  run(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const address = this.#bpf.structs.addressOf(next.struct, next.of);
      const key = `${next.struct} ${address}`;
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      this.#struct(next.struct, next.of, address);
    }
  }

  #struct(struct: string, of: object, address: number): void {
    for (const member of this.#bpf.structs.layout(struct, of)) {
      const value = member.value(of as never);
      const place = address + member.start;
      this.seen.add(`${struct}.${member.name}`);
      const isOk =
        member.bits > 0
          ? this.#bits(address, member, value)
          : this.#is(place, member.typeId, value);
      if (!isOk) this.wrong.push(`${struct}.${member.name}`);
    }
  }

  #read(address: number, size: number): Uint8Array<ArrayBuffer> {
    const found = this.#bpf.structs.read(address - STRUCTS_UPPER * 2 ** 32, size);
    if (found === undefined) throw new Error(`nothing at ${address}`);
    return found;
  }

  #number(address: number, size: number): bigint {
    return this.#read(address, size).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }

  #bits(address: number, { bitOffset, bits }: KeptMember, value: MemberValue): boolean {
    const word = this.#number(address + Math.floor(bitOffset / 8), 4);
    return (
      ((word >> BigInt(bitOffset % 8)) & ((1n << BigInt(bits)) - 1n)) === BigInt(Number(value))
    );
  }

  #is(address: number, typeId: number, value: MemberValue): boolean {
    const btf = btfVmlinux();
    const type = btf.skipModifiers(typeId)!;
    const size = btf.typeIdSize(typeId)?.size ?? 0;
    if (type.kind === BTF_KIND_PTR) return this.#leadsTo(this.#number(address, 8), value);
    if (value === undefined)
      return this.#read(address, Math.min(size, 64)).every((byte) => byte === 0);
    if (typeof value === "string") return this.#textAt(address, size) === value.slice(0, size - 1);
    if (value instanceof Uint8Array)
      return this.#read(address, Math.min(size, value.length)).every((b, i) => b === value[i]);
    if (typeof value !== "object")
      return this.#number(address, Math.min(size, 8)) === asUnsigned(value, size);
    if (isRow(value)) {
      if (type.kind !== BTF_KIND_ARRAY) return false;
      const each = btf.typeIdSize(type.elemType)!.size;
      return value.every((one, i) => this.#is(address + i * each, type.elemType, one));
    }
    if (value.kind === "inside") {
      this.#struct(value.struct, value.of, address);
      const pointed = this.#bpf.structs.objectAt(address - STRUCTS_UPPER * 2 ** 32, value.struct);
      return pointed === value.of;
    }
    return (
      value.kind === "fields" &&
      Object.entries(value.values).every(([name, one]) => {
        const inner = memberPlace(btf, type as BtfStruct, name);
        return inner !== undefined && this.#is(address + inner.start, inner.type.id, one);
      })
    );
  }

  #textAt(address: number, size: number): string {
    return String.fromCharCode(...this.#read(address, size)).replace(/\0.*$/s, "");
  }

  #leadsTo(word: bigint, value: MemberValue): boolean {
    if (value === undefined) return word === 0n;
    if (typeof value === "number" || typeof value === "bigint")
      return word === asUnsigned(value, 8);
    const address = Number(BigInt.asIntN(64, word));
    if (typeof value === "string") return this.#textAt(address, value.length + 1) === value;
    if (typeof value !== "object" || isRow(value) || value instanceof Uint8Array) return false;
    if (value.kind === "words") {
      return Array.from({ length: value.count }, (_, i) => i).every((i) =>
        this.#leadsTo(this.#number(address + 8 * i, 8), value.word(i)),
      );
    }
    if (value.kind !== "at") return false;
    this.#waiting.push(value);
    return address === this.#bpf.structs.addressOf(value.struct, value.of, value.member);
  }
}

const isRow = (value: object): value is readonly MemberValue[] => Array.isArray(value);

function asUnsigned(value: number | bigint | boolean, size: number): bigint {
  const whole =
    value === Infinity ? -1n : BigInt(typeof value === "number" ? Math.floor(value) : value);
  return BigInt.asUintN(8 * Math.min(size, 8), whole);
}

const busy = busyKernel();
const kernelTables = busy.living!.tables;
const walk = new Walk(busy);
walk.run();

test("what programs read of every member that is kept is what the kernel's own object says", () => {
  expect(walk.wrong).toEqual([]);
});

/** Only while somebody executes a program, makes a child or opens a file is there one of these. */
const OF_CALLS = ["filename", "linux_binprm", "kernel_clone_args", "open_how"];

test("all that is told of structures is declared, and a machine at work has each of them", () => {
  const told = Object.entries(kernelTables)
    .filter(([struct]) => !OF_CALLS.includes(struct))
    .flatMap(([struct, table]) =>
      Object.keys(table)
        .filter((name) => name !== "sizeof")
        .map((name) => `${struct}.${name}`),
    );
  expect(told.filter((name) => !walk.seen.has(name))).toEqual([]);
  for (const [struct, table] of Object.entries(kernelTables)) {
    const type = btfVmlinux().findByNameKind(struct, BTF_KIND_STRUCT) as BtfStruct | undefined;
    const missing = Object.keys(table).filter(
      (name) =>
        name !== "sizeof" &&
        (type === undefined || memberPlace(btfVmlinux(), type, name) === undefined),
    );
    expect([struct, missing]).toEqual([struct, []]);
  }
});
