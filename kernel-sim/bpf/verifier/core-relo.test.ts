import { expect, test } from "vitest";
import { E2BIG, EINVAL } from "../../include/errno.ts";
import { BtfBuilder } from "../btf/build.ts";
import { BTF_FUNC_GLOBAL, BTF_KIND_DECL_TAG, BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { btfParse } from "../btf/parse.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { decode } from "../program-text.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import { VerifierLog } from "./log.ts";
import { verify } from "./verify.ts";

const EXISTS = 2;
const R0_IS_1 = "b700000001000000";
const EXIT = "9500000000000000";

/** Asks whether structures of these names have a member `pid`. */
function check(names: readonly string[], { recSize = 16, tail = 0 } = {}) {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const main = builder.func("main", builder.funcProto(int, []), BTF_FUNC_GLOBAL);
  const ids = names.map((name) =>
    builder.struct(name, 4, [{ name: "pid", type: int, bitOffset: 0 }]),
  );
  builder.declTag("0:0", ids[0]!, -1);
  const btf = btfParse(builder.bytes(), new VerifierLog(0, 0));
  if (typeof btf === "number") throw new Error(`BTF is refused with ${btf}`);
  const way = btf.findByNameKind("0:0", BTF_KIND_DECL_TAG)!.nameOff;
  const words = ids.flatMap((id) => [0, id, way, EXISTS, tail, 0]);
  const bytes = (numbers: readonly number[]) => new Uint8Array(Uint32Array.from(numbers).buffer);
  return verify({
    insns: decode(Uint8Array.from(Buffer.from(R0_IS_1 + EXIT, "hex"))),
    ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, isGplCompatible: true },
    ...{ progFlags: 0, cpus: 1, logLevel: 2, logSize: 1 << 14, mapOfFd: () => -9 },
    progBtf: {
      btf,
      funcInfo: { bytes: bytes([0, main]), recSize: 8, count: 1 },
      lineInfo: { bytes: new Uint8Array(0), recSize: 0, count: 0 },
      coreRelo: { bytes: bytes(words), recSize, count: ids.length },
    },
  });
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
