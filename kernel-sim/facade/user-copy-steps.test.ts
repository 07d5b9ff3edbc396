import { expect, test } from "vitest";
import { x86 } from "../index.ts";

/** Instructions by the function they stand in, each function once for each time it is entered. */
function functions(steps: ReturnType<typeof x86.userCopySteps>["steps"]): string[] {
  const names = steps.flatMap(({ fields }) =>
    typeof fields["symbol"] === "string" ? [fields["symbol"].split("+")[0]!] : [],
  );
  return names.filter((name, i) => name !== names[i - 1]);
}

test("a copy goes on behind a page that was promised, and stops at one that nobody has", () => {
  const { steps, left, answer, copied, oops } = x86.userCopySteps({ bytes: 16, mapped: 6 });
  expect({ left, answer, oops }).toEqual({ left: 10, answer: -14, oops: [] });
  // The last six bytes of the page, and zeros for what did not come.
  expect([...copied.subarray(6)]).toEqual(Array.from({ length: 10 }, () => 0));
  expect([...copied.subarray(0, 6)].every((byte) => byte >= 0x41)).toBe(true);
  expect(steps.filter(({ kind }) => kind === "interrupt")).toHaveLength(2);
  expect(functions(steps)).toEqual([
    ...["sys_copy", "_copy_from_user", "asm_exc_page_fault", "do_user_addr_fault"],
    ...["handle_mm_fault", "return_from_fault", "_copy_from_user"],
    ...[
      "asm_exc_page_fault",
      "do_user_addr_fault",
      "bad_area",
      "fixup_exception",
      "search_extable",
    ],
    ...["ex_handler_uaccess", "return_from_fault", "_copy_from_user", "sys_copy"],
  ]);
});

test("the fault that is repaired returns to the row's fixup with AC still set, which clac clears", () => {
  const { steps, exceptionTable } = x86.userCopySteps({ isPromised: false });
  const back = steps.findIndex(
    ({ fields }, i) => i > 20 && fields["symbol"] === exceptionTable[0]?.fixup,
  );
  expect(steps[back]?.text).toContain("clac");
  expect(steps[back - 1]?.registers.flags).toContain("AC");
  expect(steps[back]?.registers.flags).not.toContain("AC");
});

test.each([
  { what: "all there", options: { mapped: 16 }, left: 0, answer: 16, faults: 1 },
  {
    what: "there already",
    options: { mapped: 16, isPromised: false },
    left: 0,
    answer: 16,
    faults: 0,
  },
  { what: "nothing there", options: { mapped: 0 }, left: 16, answer: -14, faults: 1 },
  { what: "nothing asked for", options: { bytes: 0, mapped: 0 }, left: 0, answer: 0, faults: 0 },
  {
    what: "to user memory",
    options: { routine: "_copy_to_user" },
    left: 10,
    answer: -14,
    faults: 2,
  },
] as const)("copies: $what", ({ options, left, answer, faults }) => {
  const run = x86.userCopySteps(options);
  expect([run.left, run.answer]).toEqual([left, answer]);
  expect(run.steps.filter(({ kind }) => kind === "interrupt")).toHaveLength(faults);
});

test.each([
  {
    what: "without SMAP it gets as far as the page reaches",
    options: { smap: false },
    oops: [
      "BUG: unable to handle page fault for address: 0804b000",
      "#PF: supervisor read access in kernel mode",
      "#PF: error_code(0x0000) - not-present page",
      "Oops: Oops: 0000 [#1] SMP",
    ],
  },
  {
    what: "with SMAP it is stopped at a good page",
    options: { mapped: 16, isPromised: false },
    oops: [
      "BUG: unable to handle page fault for address: 0804aff0",
      "#PF: supervisor read access in kernel mode",
      "#PF: error_code(0x0001) - permissions violation",
      "Oops: Oops: 0001 [#1] SMP",
    ],
  },
])("a copy of no known instruction is an oops: $what", ({ options, oops }) => {
  const run = x86.userCopySteps({ routine: "careless_copy", ...options });
  expect(run.answer).toBeUndefined();
  expect(run.oops.slice(0, -1)).toEqual(oops);
  expect(run.oops.at(-1)).toMatch(/^EIP: careless_copy\+0x6\/0x[0-9a-f]+$/);
});
