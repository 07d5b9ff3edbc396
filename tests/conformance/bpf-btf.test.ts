import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { btfLoad } from "../../kernel-sim/bpf/btf/btf-load.ts";
import { BtfBuilder } from "../../kernel-sim/bpf/btf/build.ts";
import { btfParse } from "../../kernel-sim/bpf/btf/parse.ts";
import { mapTypeOf } from "../../kernel-sim/bpf/maps/types.ts";
import { mapCreate } from "../../kernel-sim/bpf/syscall.ts";
import { VerifierLog } from "../../kernel-sim/bpf/verifier/log.ts";
import { newKernel } from "./bpf-verify.ts";

interface BlobRecord {
  readonly btf: string;
  readonly errno: number;
  readonly log: string;
}

const LOG_BYTES = 1 << 20;

function readRecords<T>(name: string): T[] {
  const raw = gunzipSync(readFileSync(`tests/fixtures/bpf/${name}.jsonl.gz`)).toString("utf8");
  return raw
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

function load(data: Uint8Array, logBytes = LOG_BYTES): Omit<BlobRecord, "btf"> {
  const log = new VerifierLog(logBytes === 0 ? 0 : 1, logBytes);
  const btf = btfParse(data, log);
  return { errno: typeof btf === "number" ? -btf : 0, log: log.fit().text };
}

test("BTF objects are taken and refused in Linux's words (record-btf.py)", () => {
  const records = readRecords<BlobRecord>("btf-blobs");
  expect(records).toHaveLength(944);
  const differences = records.filter(({ btf, errno, log }) => {
    const answer = load(Uint8Array.from(Buffer.from(btf, "hex")));
    return answer.errno !== errno || answer.log !== log;
  });
  expect(differences.slice(0, 3)).toEqual([]);
});

describe("hostile BTF ends soon", () => {
  test("long chains of pointers, and unions of a thousand unions", () => {
    const builder = new BtfBuilder();
    const int = builder.int("int", 4);
    for (let i = 0; i < 60_000; i++) builder.ptr(i + 3);
    builder.ptr(int);
    expect(load(builder.bytes(), 0).errno).toBe(7);
    const wide = new BtfBuilder();
    let inner = wide.struct("s", 0, []);
    for (let depth = 0; depth < 30; depth++) {
      const member = { name: "", type: inner, bitOffset: 0 };
      inner = wide.union(
        "",
        0,
        Array.from({ length: 1000 }, () => member),
      );
    }
    expect(load(wide.bytes(), 0).errno).toBe(0);
  });
});

interface MapBtfRecord {
  readonly btf: string;
  readonly type: number;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly flags: number;
  readonly key: number;
  readonly value: number;
  readonly errno: number;
}

test("maps are made with the types that Linux takes (record-map-btf.py)", () => {
  const [types, ...maps] = readRecords<MapBtfRecord>("map-btf");
  const kernel = newKernel();
  const { fd } = btfLoad(kernel, {
    ...{ btf: Uint8Array.from(Buffer.from(types?.btf ?? "", "hex")), hasLogBuffer: false },
    ...{ logLevel: 0, logSize: 0 },
  });
  const built = maps.filter(({ type }) => mapTypeOf(type) !== undefined);
  const differences = built.filter((map) => {
    const answer = mapCreate(kernel, {
      mapType: map.type,
      keySize: map.key_size,
      valueSize: map.value_size,
      maxEntries: map.max_entries,
      mapFlags: map.flags,
      mapExtra: 0,
      name: "",
      btfFd: fd,
      btfKeyTypeId: map.key,
      btfValueTypeId: map.value,
    });
    return Math.max(-answer, 0) !== map.errno;
  });
  expect(built.length).toBeGreaterThan(1000);
  expect(differences.slice(0, 3)).toEqual([]);
});
