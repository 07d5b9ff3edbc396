/** Objects that clang compiled, loaded into the simulator as a loader does it, beside what Linux 6.18 answered. */
import { expect, test } from "vitest";
import type { VerifyRecord } from "./bpf-record.ts";
import { fromHex } from "./bpf-verify.ts";
import { compiledObjects } from "./compiled/compiled-object.ts";
import { programsOf } from "./compiled/object-programs.ts";
import { compareWithKernel } from "./linux-bpf/compare.ts";

test.each(compiledObjects())(
  "$name ($source, $flags): each program gets Linux's verdict and log",
  ({ name, elf, answers }) => {
    const programs = programsOf(fromHex(elf), name);
    expect(programs.map(({ id }) => id)).toEqual(Object.keys(answers));
    const differences = programs.flatMap((program) => {
      const difference = compareWithKernel({ ...program, ...answers[program.id] } as VerifyRecord);
      return difference === undefined
        ? []
        : [`${program.id}: ${difference.kind}: ${difference.text}`];
    });
    expect(differences).toEqual([]);
  },
);
