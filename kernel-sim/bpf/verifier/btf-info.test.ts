import { expect, test } from "vitest";
import { BtfBuilder } from "../btf/build.ts";
import { BTF_FUNC_GLOBAL, BTF_FUNC_STATIC } from "../btf/kinds.ts";
import { btfParse } from "../btf/parse.ts";
import { decode } from "../program-text.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import { funcProtoOfSubprog, isSubprogGlobal, linkageOfSubprog, subprogName } from "./btf-info.ts";
import { VerifierLog } from "./log.ts";
import { verify } from "./verify.ts";

const EXIT = "9500000000000000";
const R0_IS_1 = "b700000001000000";
/** A call of the function behind it. */
const CALL_NEXT = "8510000001000000";

/** Two functions; what of their BTF is seen while the first instruction is checked. */
function check(rows: readonly (readonly [number, number])[]) {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const main = builder.func("main", builder.funcProto(int, []), BTF_FUNC_STATIC);
  const params = [{ name: "index", type: int }];
  const sub = builder.func("sub", builder.funcProto(int, params), BTF_FUNC_GLOBAL);
  builder.declTag("arg:nonnull", sub, 0);
  const ids = [int, main, sub];
  const words = rows.flatMap(([insnOff, of]) => [insnOff, ids[of]!]);
  const none = { bytes: new Uint8Array(0), recSize: 0, count: 0 };
  const seen: unknown[] = [];
  const outcome = verify(
    {
      insns: decode(Uint8Array.from(Buffer.from(CALL_NEXT + EXIT + R0_IS_1 + EXIT, "hex"))),
      progType: BPF_PROG_TYPE_XDP,
      expectedAttachType: 0,
      isGplCompatible: true,
      progFlags: 0,
      cpus: 1,
      logLevel: 1,
      logSize: 4096,
      mapOfFd: () => -9,
      progBtf: {
        btf: btfParse(builder.bytes(), new VerifierLog(0, 0)),
        funcInfo: {
          bytes: new Uint8Array(Uint32Array.from(words).buffer),
          recSize: 8,
          count: rows.length,
        },
        lineInfo: none,
        coreRelo: none,
      },
    },
    {
      beforeInsn(env) {
        if (env.insnIdx !== 0) return;
        const proto = funcProtoOfSubprog(env, 1)!;
        seen.push(subprogName(env, 1), linkageOfSubprog(env, 0), isSubprogGlobal(env, 1));
        seen.push(env.progBtf!.nameOf(proto.params[0]!));
        seen.push(env.progBtf!.declTagsOf(env.funcInfo[1]!.typeId, 0));
      },
      afterInsn() {},
      branch() {},
      pathStart() {},
      walkBack() {},
      checkpoint() {},
      pathEnd() {},
    },
  );
  return { seen, error: outcome.error };
}

test("the functions of a program are those of its BTF", () => {
  const { seen, error } = check([
    [0, 1],
    [2, 2],
  ]);
  // The context is no number.
  expect(error).toBe("Caller passes invalid args into func#1 ('sub')");
  expect(seen).toEqual(["sub", BTF_FUNC_STATIC, true, "index", ["arg:nonnull"]]);
});

test.each([
  { rows: [[0, 1]], error: "number of funcs in func_info doesn't match number of subprogs" },
  {
    rows: [
      [0, 1],
      [0, 2],
    ],
    error: "same or smaller insn offset (0) than previous func info record (0)",
  },
  {
    rows: [
      [0, 1],
      [2, 0],
    ],
    error: "invalid type id 1 in func info",
  },
] as const)("records that do not fit are refused: $error", ({ rows, error }) => {
  expect(check(rows).error).toBe(error);
});
