import { expect, test } from "vitest";
import { bothEngines, FUEL, garbled, unverified } from "./bpf-random-programs.ts";
import { Dice } from "./linux-bpf/fuzz/dice.ts";
import { generated } from "./linux-bpf/fuzz/generate.ts";

/** How many programs have to be accepted. More of them: `RANDOM_BPF=100000 npm run -s test:unit -- tests/conformance/bpf-random-programs.test.ts`. */
const PROGRAMS = Number(process.env["RANDOM_BPF"] ?? 2000);
/** How many of them are run without the verifier too, in both engines. */
const UNVERIFIED = PROGRAMS / 10;
/** For 100,000, on a busy machine. */
const MILLISECONDS_MAX = 7_200_000;
/** Random programs are refused more often than not; where fewer than this pass, they show nothing. */
const TRIED_MAX = 4 * PROGRAMS;

test(
  "accepted programs do the same interpreted and compiled, and stop no run under checks",
  () => {
    let [accepted, checked, other] = [0, 0, 0];
    for (let seed = 1; seed <= TRIED_MAX && accepted < PROGRAMS; seed++) {
      const program = generated(new Dice(seed));
      const runs = bothEngines(program);
      if (runs === undefined) continue;
      accepted++;
      expect(runs.compiled, `program ${seed}`).toEqual(runs.interpreted);
      // One that takes longer is not stopped for a mistake.
      if (runs.interpreted.executed > FUEL) continue;
      const run = unverified(program, false);
      if (typeof run === "number") continue;
      const { fault, ...rest } = run;
      checked++;
      if (fault?.cause === "fuel") {
        // It asked for an address, went another way, and that one is long.
        other++;
        continue;
      }
      expect(fault, `program ${seed}`).toBeUndefined();
      // Instructions that the verifier has left out count there.
      const { executed } = runs.interpreted;
      const isSame = JSON.stringify({ ...rest, executed }) === JSON.stringify(runs.interpreted);
      if (!isSame) other++;
    }
    expect(accepted).toBe(PROGRAMS);
    // Addresses are larger there, and some programs ask whether one is.
    expect(other).toBeLessThanOrEqual(checked / 100);
  },
  MILLISECONDS_MAX,
);

test(
  "whatever a program is, both ways to run it under checks end the same, with the same report",
  () => {
    for (let seed = 1; seed <= UNVERIFIED; seed++) {
      const program = generated(new Dice(seed));
      for (const one of [program, garbled(program, new Dice(-seed))]) {
        const run = unverified(one, false);
        expect(unverified(one, true), `program ${seed}`).toEqual(run);
      }
    }
  },
  MILLISECONDS_MAX,
);
