import { bpf, type Tnum } from "#kernel-sim";
import type { TnumExample } from "#notebook/document";
import { tnumFacts } from "#notebook/document";

/** What is known of `x & 0xf8`, and what is known after 8 has been added to it. */
export function tnumExample(): TnumExample {
  const { tnum } = bpf;
  const a: Tnum = tnum.and(tnum.unknown(), tnum.constant(0xf8n));
  const b: Tnum = tnum.constant(8n);
  const facts = (of: Tnum) => tnumFacts(of, tnum.text(of));
  return {
    a: facts(a).bits.slice(-16),
    b: facts(b).bits.slice(-16),
    aText: tnum.text(a),
    bText: tnum.text(b),
    sum: facts(tnum.add(a, b)),
  };
}
