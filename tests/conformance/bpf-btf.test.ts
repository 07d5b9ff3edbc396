import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BtfBuilder } from "../../kernel-sim/bpf/btf/build.ts";
import { btfParse } from "../../kernel-sim/bpf/btf/parse.ts";
import { VerifierLog } from "../../kernel-sim/bpf/verifier/log.ts";

interface BlobRecord {
  readonly btf: string;
  readonly errno: number;
  readonly log: string;
}

const LOG_BYTES = 1 << 20;

function readRecords(name: string): BlobRecord[] {
  const raw = gunzipSync(readFileSync(`tests/fixtures/bpf/${name}.jsonl.gz`)).toString("utf8");
  return raw
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as BlobRecord);
}

function load(data: Uint8Array, logBytes = LOG_BYTES): Omit<BlobRecord, "btf"> {
  const log = new VerifierLog(logBytes === 0 ? 0 : 1, logBytes);
  const btf = btfParse(data, log);
  return { errno: typeof btf === "number" ? -btf : 0, log: log.fit().text };
}

test("BTF objects are taken and refused in Linux's words (record-btf.py)", () => {
  const records = readRecords("btf-blobs");
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
