import { describe, expect, test } from "vitest";
import { BPF_FUNC_NAMES, BPF_PROG_TYPE_NAMES } from "../../uapi.ts";
import type { VerifierEnv } from "../env.ts";
import { regTypeStr } from "../reg-type.ts";
import { BPF_READ, BPF_WRITE } from "../region-access.ts";
import { ctxOpsOf } from "./ops.ts";
import recorded from "./recorded.json" with { type: "json" };

/** None of these contexts asks the check for more. */
const NO_ENV = {} as VerifierEnv;

/** Up to where each offset was tried. */
const OFFSETS = 260;

/** `0-8:scalar 16:pkt`: what each offset answers, at steps of the size. */
function offsetsOf(text: string, size: number): ReadonlyMap<number, string> {
  const answers = new Map<number, string>();
  for (const run of text.split(" ")) {
    const [places = "", answer = ""] = run.split(":");
    const [from = 0, to = from] = places.split("-").map(Number);
    for (let off = from; off <= to && off < OFFSETS; off += size) answers.set(off, answer);
  }
  return answers;
}

/** Each offset and size, read, read with its sign and written, was tried on Linux 6.18. */
describe.each(Object.entries(recorded.access))("the context of %s", (name, kinds) => {
  const [type = "", attachType = "0"] = name.split("/");
  const { isValidAccess } = ctxOpsOf(BPF_PROG_TYPE_NAMES.indexOf(type))!;
  const isKnown: Readonly<Record<string, string>> = kinds;

  test.each(
    [1, 2, 4, 8].flatMap((size) =>
      ["load", "signed load", "store"].map((kind) => ({ kind, size })),
    ),
  )("$kind of $size bytes", ({ kind, size }) => {
    if (kind === "signed load" && size === 8) return;
    const expected = offsetsOf(isKnown[`${kind} ${size}`] ?? "", size);
    const answers = new Map<number, string>();
    for (let off = 0; off < OFFSETS; off++) {
      const request = {
        off,
        size,
        access: kind === "store" ? BPF_WRITE : BPF_READ,
        isLdsx: kind === "signed load",
        expectedAttachType: Number(attachType),
        isBpfCapable: true,
      };
      const found = isValidAccess(request, NO_ENV);
      if (found !== undefined) answers.set(off, regTypeStr(found.regType));
    }
    if (isKnown[`${kind} ${size}`] === undefined) expect([...answers]).toEqual([]);
    else expect(answers).toEqual(expected);
  });
});

const ALL_CAPS = { bpfCapable: true, allowPtrLeaks: true };

/** `1-8 12`: the numbers that are named. */
function numbersOf(text: string): number[] {
  return text.split(" ").flatMap((run) => {
    const [from = 0, to = from] = run.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** Each type was tried with each helper on Linux 6.18, also by tasks that may do less. */
describe.each(Object.entries(recorded.helpers))("programs of type %s", (name, kinds) => {
  const [type = "", attachType = "0"] = name.split("/");
  const progType = BPF_PROG_TYPE_NAMES.indexOf(type);
  const ops = ctxOpsOf(progType)!;
  const isKnown: Readonly<Record<string, string>> = kinds;

  test.each([
    { who: "all", caps: ALL_CAPS },
    { who: "without perfmon", caps: { ...ALL_CAPS, allowPtrLeaks: false } },
    { who: "without capabilities", caps: { bpfCapable: false, allowPtrLeaks: false } },
  ])("may call what Linux allows them: $who", ({ who, caps }) => {
    const expected = isKnown[who];
    if (expected === undefined) return;
    const env = { ...caps, progType, expectedAttachType: Number(attachType) } as VerifierEnv;
    const protos = BPF_FUNC_NAMES.map((_, id) => ops.helper(id, env));
    const allowed = [...protos.keys()].filter((id) => protos[id] !== undefined);
    expect(allowed).toEqual(numbersOf(expected));
    if (who !== "all") return;
    const gplOnly = allowed.filter((id) => protos[id]!.gplOnly === true);
    expect(gplOnly).toEqual(numbersOf(isKnown["gpl only"] ?? ""));
  });
});

test("what lies behind 8 KiB of a tracepoint's record is out of reach", () => {
  const { isValidAccess } = ctxOpsOf(BPF_PROG_TYPE_NAMES.indexOf("tracepoint"))!;
  const request = {
    size: 8,
    access: BPF_READ,
    isLdsx: false,
    expectedAttachType: 0,
    isBpfCapable: true,
  };
  expect(isValidAccess({ ...request, off: 8184 }, NO_ENV)).toBeDefined();
  expect(isValidAccess({ ...request, off: 8192 }, NO_ENV)).toBeUndefined();
});

test("what lies in front of a tracepoint's record is open, as in Linux", () => {
  const { isValidAccess } = ctxOpsOf(BPF_PROG_TYPE_NAMES.indexOf("tracepoint"))!;
  const request = {
    access: BPF_READ,
    isLdsx: false,
    expectedAttachType: 0,
    isBpfCapable: true,
  };
  expect(isValidAccess({ ...request, off: -12, size: 4 }, NO_ENV)).toBeDefined();
  expect(isValidAccess({ ...request, off: -12, size: 8 }, NO_ENV)).toBeUndefined();
});
