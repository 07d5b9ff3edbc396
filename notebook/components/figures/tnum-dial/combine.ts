import { bpf } from "#kernel-sim";
import { type TnumFacts, tnumFacts } from "#notebook/document";
import { type Dial, wordsOf } from "./dial.ts";

export interface Combined {
  readonly aText: string;
  readonly bText: string;
  readonly result: TnumFacts;
}

/** What the verifier's own arithmetic makes of the two operands. */
export function combine(dial: Dial): Combined {
  const { tnum } = bpf;
  const a = wordsOf(dial.a);
  const b = wordsOf(dial.b);
  const combined =
    dial.operation === "lshift" || dial.operation === "rshift"
      ? tnum[dial.operation](a, dial.shift)
      : tnum[dial.operation](a, b);
  return {
    aText: tnum.text(a),
    bText: tnum.text(b),
    result: tnumFacts(combined, tnum.text(combined)),
  };
}
