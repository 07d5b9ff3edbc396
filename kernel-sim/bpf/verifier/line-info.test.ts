import { expect, test } from "vitest";
import { BtfBuilder } from "../btf/build.ts";
import { btfParse } from "../btf/parse.ts";
import { decode } from "../program-text.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import { VerifierLog } from "./log.ts";
import { verify } from "./verify.ts";

const EXIT = "9500000000000000";
/** r0 = 1; call of the function behind; r0 = 0; exit; function: r0 = 5; exit */
const CALLING = [
  ...["b700000001000000", "8510000002000000", "b700000000000000", EXIT],
  ...["b700000005000000", EXIT],
].join("");
/** r0 = 0; if r0 == 0 goto -2; exit */
const LOOPING = `b7000000000000001500feff00000000${EXIT}`;

type Row = readonly [insnOff: number, line: "a" | "b" | "c" | "", lineNum: number];

function check(program: string, starts: readonly number[], rows: readonly Row[]) {
  const builder = new BtfBuilder();
  const proto = builder.funcProto(builder.int("int", 4, 1), []);
  const funcs = starts.map((start) => [start, builder.func(`f${start}`, proto, 0)]);
  const texts = { a: "  int x = 1;", b: "\treturn x;", c: "int sub(void)" };
  const file = builder.string("dir/prog.c");
  const lines = rows.map(([insnOff, text, num]) => [
    ...[insnOff, file, text === "" ? 9999 : builder.string(texts[text]), num << 10],
  ]);
  const records = (list: readonly (readonly number[])[], recSize: number) => ({
    ...{ bytes: new Uint8Array(Uint32Array.from(list.flat()).buffer), recSize },
    count: list.length,
  });
  const outcome = verify({
    insns: decode(Uint8Array.from(Buffer.from(program, "hex"))),
    ...{ progType: BPF_PROG_TYPE_XDP, expectedAttachType: 0, isGplCompatible: true },
    ...{ progFlags: 0, cpus: 1, logLevel: 2, logSize: 1 << 16, mapOfFd: () => -9 },
    progBtf: {
      btf: btfParse(builder.bytes(), new VerifierLog(0, 0)),
      funcInfo: records(funcs, 8),
      lineInfo: records(lines, 16),
      coreRelo: records([], 0),
    },
  });
  return { error: outcome.error, log: outcome.log.split("\n") };
}

// What Linux 6.18 answered for the same programs.
test("the log shows each line of source once, where its instructions begin", () => {
  const rows: Row[] = [
    [0, "a", 7],
    [1, "a", 7],
    [2, "b", 8],
    [4, "c", 20],
  ];
  const { log } = check(CALLING, [0, 4], rows);
  expect(log.filter((line) => line.startsWith(";"))).toEqual([
    "; int x = 1; @ prog.c:7",
    "; int sub(void) @ prog.c:20",
    "; return x; @ prog.c:8",
  ]);
  expect(log[log.indexOf("; int sub(void) @ prog.c:20") + 1]).toMatch(/^4: \(b7\) r0 = 5/);
});

test("an endless loop is shown with its line", () => {
  const { log } = check(
    LOOPING,
    [0],
    [
      [0, "a", 7],
      [1, "b", 8],
    ],
  );
  const at = log.indexOf("infinite loop detected at insn 1");
  expect(log[at - 1]).toBe("; return x; @ prog.c:8");
});

test.each<{ rows: readonly Row[]; error: string }>([
  {
    rows: [
      [0, "a", 7],
      [5, "a", 9],
    ],
    error: "missing bpf_line_info for func#1",
  },
  { rows: [[0, "a", 7]], error: "missing bpf_line_info for 1 funcs starting from func#1" },
  {
    rows: [
      [0, "a", 7],
      [0, "a", 9],
    ],
    error: "Invalid line_info[1].insn_off:0 (prev_offset:0 prog->len:6)",
  },
  {
    rows: [
      [0, "a", 7],
      [6, "a", 9],
    ],
    error: "Invalid line_info[1].insn_off:6 (prev_offset:0 prog->len:6)",
  },
  { rows: [[0, "", 7]], error: "Invalid line_info[0].line_off or .file_name_off" },
  { rows: [[1, "a", 7]], error: "missing bpf_line_info for func#0" },
])("lines that do not fit are refused: $error", ({ rows, error }) => {
  expect(check(CALLING, [0, 4], rows).error).toBe(error);
});
