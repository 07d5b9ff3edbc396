import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { mapGetInfo } from "../../kernel-sim/bpf/map-info.ts";
import * as syscall from "../../kernel-sim/bpf/syscall.ts";
import { type BatchPosition, isBatch, performBatch } from "./bpf-map-batch.ts";
import type { MapOpRecord, MapOpsRecord, MapRecord } from "./bpf-record.ts";
import {
  descriptorBytes,
  fromHex,
  loadOther,
  makeMap,
  newKernel,
  perCpu,
  toHex,
} from "./bpf-verify.ts";

/** What an operation answered: 0 or a positive errno, and the results that the corpus names. */
interface Answer {
  readonly errno: number;
  readonly [result: string]: unknown;
}

const BAD_FD = 1000;

/** How many operations of a record agree, and what differed first. */
export function checkMapOpsRecord(record: MapOpsRecord): { agree: number; difference: string } {
  const kernel = newKernel();
  const names = new Map<string, number>();
  const position: BatchPosition = { at: null };
  let agree = 0;
  let difference = "";
  for (const [i, op] of record.ops.entries()) {
    const answer = isBatch(op)
      ? performBatch(kernel, fdOf(names, op), op, position, (value) => valueBytes(value, names))
      : perform(kernel, names, op);
    const problem = compare(op, answer);
    if (problem === "") agree++;
    else difference ||= `operation ${i} (${op.op}): ${problem}`;
  }
  return { agree, difference };
}

function fdOf(names: ReadonlyMap<string, number>, { map }: MapOpRecord): number {
  return names.get(map as string) ?? BAD_FD;
}

function compare(op: MapOpRecord, answer: Answer): string {
  if (answer.errno !== op.errno) return `errno ${answer.errno}, expected ${op.errno}`;
  for (const [result, value] of Object.entries(answer)) {
    const expected = (op as unknown as Record<string, unknown>)[result];
    if (JSON.stringify(value) !== JSON.stringify(expected)) {
      return `${result} ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}`;
    }
  }
  return "";
}

function perform(kernel: BpfKernel, names: Map<string, number>, op: MapOpRecord): Answer {
  if (op.op === "create") return create(kernel, names, op);
  if (op.op === "prog_load") return loadProgram(kernel, names, op);
  const fd = fdOf(names, op);
  const key = op.key === null || op.key === undefined ? null : fromHex(op.key);
  switch (op.op) {
    case "lookup":
      return lookup(kernel, fd, op, key);
    case "lookup_and_delete":
      return valueAnswer(
        kernel,
        fd,
        op,
        syscall.mapLookupAndDeleteElem(kernel, fd, key, op.flags ?? 0),
      );
    case "update":
      return {
        errno: -syscall.mapUpdateElem(kernel, fd, key, givenValue(op, names), op.flags ?? 0),
      };
    case "delete":
      return { errno: -syscall.mapDeleteElem(kernel, fd, key) };
    case "next_key": {
      const next = syscall.mapGetNextKey(kernel, fd, key);
      return typeof next === "number" ? { errno: -next } : { errno: 0, next_key: toHex(next) };
    }
    case "keys_sorted":
      return { errno: 0, keys: allKeys(kernel, fd) };
    case "freeze":
      return { errno: -syscall.mapFreeze(kernel, fd) };
    case "info":
      return info(kernel, fd);
    default:
      return { errno: -1, unknown: op.op };
  }
}

function lookup(kernel: BpfKernel, fd: number, op: MapOpRecord, key: Uint8Array | null): Answer {
  const asked = op.value_in === undefined ? undefined : fromHex(op.value_in);
  const value = syscall.mapLookupElem(kernel, fd, key, op.flags ?? 0, asked);
  // What a bloom filter says is its errno alone, and numbers of objects are others each time.
  if (op.value === undefined && typeof value !== "number") return { errno: 0 };
  return valueAnswer(kernel, fd, op, value);
}

function create(kernel: BpfKernel, names: Map<string, number>, op: MapOpRecord): Answer {
  const innerMapFd = op.inner === undefined ? 0 : (names.get(op.inner) ?? BAD_FD);
  const fd = makeMap(kernel, op.map as MapRecord, innerMapFd);
  if (fd >= 0 && op.as !== undefined) names.set(op.as, fd);
  return { errno: fd < 0 ? -fd : 0 };
}

function loadProgram(kernel: BpfKernel, names: Map<string, number>, op: MapOpRecord): Answer {
  const { insns = "", prog_type = "" } = op;
  const fd = loadOther(kernel, { insns, prog_type }, []);
  if (fd >= 0 && op.as !== undefined) names.set(op.as, fd);
  return { errno: fd < 0 ? -fd : 0 };
}

function valueAnswer(
  kernel: BpfKernel,
  fd: number,
  op: MapOpRecord,
  value: Uint8Array | number,
): Answer {
  if (typeof value === "number") return { errno: -value };
  const hex = toHex(value);
  const valueSize = kernel.mapOfFd(fd)?.attr.valueSize ?? 0;
  return { errno: 0, value: Array.isArray(op.value) ? perCpu(hex, valueSize) : hex };
}

function givenValue({ value }: MapOpRecord, names: ReadonlyMap<string, number>): Uint8Array | null {
  return value === null || value === undefined ? null : valueBytes(value, names);
}

function valueBytes(
  value: string | readonly string[],
  names: ReadonlyMap<string, number>,
): Uint8Array {
  if (typeof value === "string" && value.startsWith("@")) {
    return descriptorBytes(names.get(value.slice(1)) ?? BAD_FD);
  }
  if (typeof value === "string") return fromHex(value);
  // In a per-CPU map each value takes a multiple of 8 bytes.
  return fromHex(value.map((hex) => hex.padEnd(Math.ceil(hex.length / 16) * 16, "0")).join(""));
}

function allKeys(kernel: BpfKernel, fd: number): string[] {
  const keys: string[] = [];
  let key = syscall.mapGetNextKey(kernel, fd, null);
  while (typeof key !== "number") {
    keys.push(toHex(key));
    key = syscall.mapGetNextKey(kernel, fd, key);
  }
  return keys.sort();
}

function info(kernel: BpfKernel, fd: number): Answer {
  const found = mapGetInfo(kernel, fd);
  if (typeof found === "number") return { errno: -found };
  return {
    errno: 0,
    type: found.type,
    key_size: found.keySize,
    value_size: found.valueSize,
    max_entries: found.maxEntries,
    map_flags: found.mapFlags,
  };
}
