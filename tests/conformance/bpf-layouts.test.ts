import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  type BtfStruct,
  isStruct,
  memberBitfieldSize,
  memberBitOffset,
} from "../../kernel-sim/bpf/btf/kinds.ts";
import { btfVmlinux } from "../../kernel-sim/bpf/btf/vmlinux.ts";

interface LayoutRecord {
  readonly struct: string;
  readonly bytes: number;
  /** Offset and size in bits; a 1 behind them: it is a field of bits. */
  readonly members: Readonly<Record<string, readonly number[]>>;
}

/** Written with names that Linux has not got, for what has none there. @linux include/uapi/linux/bpf.h `struct bpf_sock_tuple` (6.18) */
const NAMELESS_IN_LINUX = [
  "bpf_sock_tuple_addresses",
  "bpf_sock_tuple_ipv4",
  "bpf_sock_tuple_ipv6",
  "sockptr_t",
];

const btf = btfVmlinux();

/** By name, or by names with dots between them for what lies in a structure without a name. */
function* membersOf(
  struct: BtfStruct,
  base = 0,
  path = "",
): Generator<readonly [string, readonly number[]]> {
  for (const member of struct.members) {
    const name = btf.nameOf(member);
    const at = base + memberBitOffset(struct, member);
    const bits = memberBitfieldSize(struct, member);
    const size = (btf.typeIdSize(member.type)?.size ?? 0) * 8;
    if (name !== "") yield [path + name, bits > 0 ? [at, bits, 1] : [at, size]];
    const inner = btf.skipModifiers(member.type);
    if (inner === undefined || !isStruct(inner) || btf.nameOf(inner) !== "") continue;
    yield* membersOf(inner, at, name === "" ? path : `${path}${name}.`);
  }
}

test("every member lies where a running 6.18 has it, and is as large (record-layouts.py)", () => {
  const raw = gunzipSync(readFileSync("tests/fixtures/bpf/kernel-layouts.jsonl.gz")).toString();
  const records = new Map(
    raw
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as LayoutRecord)
      .map((record) => [record.struct, record]),
  );
  const unknown: string[] = [];
  const wrong: string[] = [];
  let compared = 0;
  for (let id = 1; id < btf.nrTypes; id++) {
    const type = btf.typeById(id);
    const name = type === undefined ? "" : btf.nameOf(type);
    if (type === undefined || !isStruct(type) || name === "" || NAMELESS_IN_LINUX.includes(name))
      continue;
    const record = records.get(name);
    if (record === undefined) {
      unknown.push(name);
      continue;
    }
    if (type.size !== record.bytes) wrong.push(`${name}: ${type.size} bytes`);
    for (const [member, place] of membersOf(type)) {
      compared++;
      const there = record.members[member];
      if (there?.join() !== place.join()) wrong.push(`${name}.${member}: ${place}, not ${there}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(10_000);
});
