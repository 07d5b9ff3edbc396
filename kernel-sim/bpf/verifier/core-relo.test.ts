import { expect, test } from "vitest";
import { E2BIG, EINVAL } from "../../include/errno.ts";
import { BtfBuilder } from "../btf/build.ts";
import { BTF_FUNC_GLOBAL, BTF_KIND_STRUCT, BTF_KIND_TYPEDEF } from "../btf/kinds.ts";
import { btfParse } from "../btf/parse.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { decode } from "../program-text.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import { VerifierLog } from "./log.ts";
import { verify } from "./verify.ts";

const BYTE_OFFSET = 0;
const EXISTS = 2;
const ENUMVAL_EXISTS = 10;
const ENUMVAL_VALUE = 11;
const R0_IS_1 = "b700000001000000";
const EXIT = "9500000000000000";

const RELO_BYTES = 16;

/** What is asked of a type of the program, at its only instruction but `exit`. */
interface Question {
  readonly type: (builder: BtfBuilder, int: number) => number;
  readonly way: string;
  readonly kind: number;
}

function ask(
  questions: readonly Question[],
  {
    imm = 1,
    recSize = RELO_BYTES,
    tail = 0,
  }: { imm?: number; recSize?: number; tail?: number } = {},
) {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const main = builder.func("main", builder.funcProto(int, []), BTF_FUNC_GLOBAL);
  const words = questions.flatMap(({ type, way, kind }) => {
    return [0, type(builder, int), builder.string(way), kind, tail, 0];
  });
  const btf = btfParse(builder.bytes(), new VerifierLog(0, 0));
  if (typeof btf === "number") throw new Error(`BTF is refused with ${btf}`);
  const bytes = (numbers: readonly number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);
  const [first, exit] = decode(Uint8Array.from(Buffer.from(R0_IS_1 + EXIT, "hex")));
  return verify({
    insns: [{ ...first!, imm }, exit!],
    ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, isGplCompatible: true },
    ...{ progFlags: 0, cpus: 1, logLevel: 2, logSize: 1 << 14, mapOfFd: () => -9 },
    progBtf: {
      btf,
      funcInfo: { bytes: bytes([0, main]), recSize: 8, count: 1 },
      lineInfo: { bytes: new Uint8Array(0), recSize: 0, count: 0 },
      coreRelo: { bytes: bytes(words), recSize, count: questions.length },
    },
  });
}

/** Asks whether structures of these names have a member `pid`. */
function check(names: readonly string[], form?: { recSize?: number; tail?: number }) {
  const questions = names.map(
    (name): Question => ({
      type: (builder, int) => builder.struct(name, 4, [{ name: "pid", type: int, bitOffset: 0 }]),
      ...{ way: "0:0", kind: EXISTS },
    }),
  );
  return ask(questions, form);
}

test("the log shows what has been looked up, in the places where Linux keeps it", () => {
  const { verdict, log } = check(["task_struct"]);
  expect(verdict).toBe(0);
  const { id } = btfVmlinux().findByNameKind("task_struct", BTF_KIND_STRUCT)!;
  expect(log).toContain(`vmlinux_cand_cache:[24]task_struct(${id}), \nmodule_cand_cache:\n`);
  expect(log).toContain("patched insn #0 (ALU/ALU64) imm 1 -> 1\n");
});

test("a name that the kernel does not know is looked for in modules, too", () => {
  expect(check(["no_such_thing"]).log).toContain(
    "vmlinux_cand_cache:[16]no_such_thing(), \nmodule_cand_cache:[16]no_such_thing(), \n",
  );
});

test.each([
  { recSize: 12, errno: -EINVAL },
  { recSize: 18, errno: -EINVAL },
  { recSize: 256, errno: -EINVAL },
  { recSize: 24, errno: 0 },
  { recSize: 24, tail: 1, errno: -E2BIG },
])("records of $recSize bytes: $errno", ({ errno, ...form }) => {
  const { verdict, error } = check(["task_struct"], form);
  expect(verdict).toBe(errno);
  if (errno === -E2BIG) expect(error).toContain("nonzero tailing record in core_relo");
});

test("a value of an enum is looked for in vain where the kernel's type of that name is none", () => {
  const { log } = ask([
    {
      type: (builder) => builder.typedef("u32", builder.enum("", 4, [["A", 1]])),
      ...{ way: "0", kind: ENUMVAL_EXISTS },
    },
  ]);
  const { id } = btfVmlinux().findByNameKind("u32", BTF_KIND_TYPEDEF)!;
  expect(log).toContain(`non-matching candidate #0 <enumval_exists> [${id}] TYPEDEF u32\n`);
  expect(log).toContain("patched insn #0 (ALU/ALU64) imm 1 -> 0\n");
});

test("a way with a value of an enum is shown as far as Linux has room for it", () => {
  const name = "A".repeat(300);
  const { log } = ask([
    { type: (builder) => builder.enum("e", 4, [[name, 1]]), way: "0", kind: ENUMVAL_EXISTS },
  ]);
  const way = /relo #0: (<enumval_exists> .*)\n/.exec(log)![1]!;
  expect(way).toHaveLength(255);
});

test("an enum of the kernel without values is looked into in vain", () => {
  const type = (builder: BtfBuilder) => builder.enum("bpf_map_type", 4, [["NO_SUCH_TYPE", 1]]);
  const { log } = ask([{ type, way: "0", kind: ENUMVAL_VALUE }]);
  expect(log).toMatch(/non-matching candidate #0 <enumval_value> \[\d+\] ENUM bpf_map_type\b/);
  expect(log).toContain("substituting insn #0 w/ invalid insn\n");
});

test("a structure of 2^31 bytes has a negative size, as in Linux", () => {
  const question: Question = {
    type: (builder) => builder.struct("task_struct", 0x8000_0000, []),
    ...{ way: "0", kind: BYTE_OFFSET },
  };
  const { verdict, log } = ask([question]);
  expect(verdict).toBe(-EINVAL);
  expect(log).toContain("STRUCT task_struct + 0 failed: -2147483648\n");
});
