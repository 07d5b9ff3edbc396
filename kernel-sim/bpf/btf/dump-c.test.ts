import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { E2BIG, ELOOP } from "../../include/errno.ts";
import { boot } from "../../index.ts";
import { VerifierLog } from "../verifier/log.ts";
import { BtfBuilder } from "./build.ts";
import { btfToC, typeToC } from "./dump-c.ts";
import { BTF_KIND_STRUCT } from "./kinds.ts";
import { btfParse } from "./parse.ts";
import { btfVmlinux } from "./vmlinux.ts";

function parsed(data: Uint8Array) {
  const btf = btfParse(data, new VerifierLog(0, 0));
  if (typeof btf === "number") throw new Error(`BTF is refused: ${btf}`);
  return btf;
}

test("types are written as bpftool writes them (record-btf-dumps.py)", () => {
  const raw = gunzipSync(readFileSync("tests/fixtures/bpf/btf-dumps.jsonl.gz")).toString("utf8");
  const records = raw
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly btf: string; readonly text: string });
  expect(records).toHaveLength(48);
  for (const { btf, text } of records) {
    expect(btfToC(parsed(Uint8Array.from(Buffer.from(btf, "hex"))))).toEqual({ text, errno: 0 });
  }
});

test("all of the kernel has a text, and one type has what it needs", () => {
  const btf = btfVmlinux();
  expect(btfToC(btf).errno).toBe(0);
  const id = btf.findByNameKind("bpf_list_head", BTF_KIND_STRUCT)!.id;
  expect(typeToC(btf, id).text).toBe(
    "typedef long long unsigned int __u64;\n\nstruct bpf_list_head {\n\t__u64 __opaque[2];\n};\n\n",
  );
});

test("a cell asks a machine for it", () => {
  const { btf } = boot().bpf;
  expect(btf.toC("bpf_list_head")).toContain("struct bpf_list_head {\n");
  expect(btf.toC()).toContain("#pragma clang attribute push");
  expect(() => btf.toC("no_such_type")).toThrow('the kernel has no type "no_such_type"');
});

test("what never ends in C is an answer, too", () => {
  const own = new BtfBuilder();
  own.ptr(2);
  own.struct("", 8, [{ name: "self", type: 1, bitOffset: 0 }]);
  expect(btfToC(parsed(own.bytes())).errno).toBe(ELOOP);
  const wide = new BtfBuilder();
  wide.int("int", 4);
  let inner = wide.union("", 4, [{ name: "a", type: 1, bitOffset: 0 }]);
  for (let depth = 0; depth < 25; depth++) {
    const member = { name: "", type: inner, bitOffset: 0 };
    inner = wide.union("", 4, [member, member, member, member]);
  }
  wide.union("all", 4, [{ name: "", type: inner, bitOffset: 0 }]);
  expect(btfToC(parsed(wide.bytes())).errno).toBe(E2BIG);
});
