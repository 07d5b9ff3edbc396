import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Insn } from "../../kernel-sim/api.ts";
import { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { decode, textsOf } from "../../kernel-sim/bpf/program-text.ts";
import { readCorpus } from "./bpf-corpus.ts";
import type { VerifyRecord } from "./bpf-record.ts";
import { fromHex, loadRecord, newKernel } from "./bpf-verify.ts";

const folder = join(import.meta.dirname, "../fixtures/bpf");
const LD_IMM64 = 0x18;
const CALL = 0x85;
const MOV64 = 0xb7;
const LDX_DW = 0x79;

/** Numbers of maps and addresses of the kernel's own variables and functions are not compared. */
function withoutAddresses(insns: readonly Insn[]): Insn[] {
  return insns.map((insn, at) => {
    const { code, srcReg } = insn;
    const next = insns[at + 1];
    const isCall = code === CALL && srcReg !== 1;
    const isMap = code === LD_IMM64 && (srcReg === 1 || srcReg === 2);
    const isPercpu = code === MOV64 && next?.code === 0xbf && next.off === -1;
    const second = code === 0 ? insns[at - 1] : insn;
    const behind = insns[code === 0 ? at + 1 : at + 2];
    const isVariable =
      second?.code === LD_IMM64 &&
      second.srcReg === 0 &&
      behind?.code === LDX_DW &&
      behind.srcReg === second.dstReg;
    return isCall || isMap || isPercpu || isVariable ? { ...insn, imm: 0 } : insn;
  });
}

function expectXlated(record: VerifyRecord, xlated: string): void {
  const kernel = newKernel();
  kernel.unprivilegedBpfDisabled = 0;
  const prog = kernel.files.get(loadRecord(kernel, record).fd);
  const own = prog instanceof LoadedProgram ? prog.insns : [];
  const expected = withoutAddresses(decode(fromHex(xlated)));
  expect(textsOf(withoutAddresses(own)), record.id).toEqual(textsOf(expected));
  expect(withoutAddresses(own), record.id).toEqual(expected);
}

// What `bpftool prog dump xlated` shows of the programs of the corpus on Linux 6.18.
test("programs of the corpus are rewritten as Linux rewrites them", () => {
  const expected = new Map(
    gunzipSync(readFileSync(join(folder, "xlated.jsonl.gz")))
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; xlated: string })
      .map(({ id, xlated }) => [id, xlated]),
  );
  let compared = 0;
  for (const name of ["accept", "alu"]) {
    for (const record of readCorpus(join(folder, `${name}.jsonl.gz`))) {
      const xlated = expected.get(record.id);
      if (xlated === undefined || record.kind !== "verify") continue;
      // Whether it may be loaded hangs on what a map holds: that is looked at elsewhere.
      if (record.maps.some(({ init }) => init !== undefined)) continue;
      compared++;
      expectXlated(record, xlated);
    }
  }
  expect(compared).toBeGreaterThanOrEqual(150);
});

test.each([
  // Of tasks with few capabilities, with barriers and masks.
  "capped",
  "arena",
])("so are programs of %s", (name) => {
  for (const record of readCorpus(join(folder, `${name}.jsonl.gz`)) as VerifyRecord[]) {
    const { xlated } = record;
    if (xlated !== undefined && xlated !== "") expectXlated(record, xlated);
  }
});
