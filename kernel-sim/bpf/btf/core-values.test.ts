import { expect, test } from "vitest";
import { VerifierLog } from "../verifier/log.ts";
import { BtfBuilder } from "./build.ts";
import { BPF_CORE_ENUMVAL_VALUE, type CoreSpec, parseSpec } from "./core-spec.ts";
import { coreResult } from "./core-values.ts";
import { btfParse } from "./parse.ts";

const quiet = () => undefined;

/** A way to the only value of an enum. */
function wayTo(value: number) {
  const builder = new BtfBuilder();
  const typeId = builder.enum("e", 4, [["A", value]]);
  const relo = { insnOff: 0, typeId, accessStrOff: builder.string("0") };
  const btf = btfParse(builder.bytes(), new VerifierLog(0, 0));
  if (typeof btf === "number") throw new Error(`BTF is refused with ${btf}`);
  const whole = { ...relo, kind: BPF_CORE_ENUMVAL_VALUE };
  return { relo: whole, spec: parseSpec(btf, whole, quiet) as CoreSpec };
}

test("values of enums of 32 bits are signed, also those of an unsigned one", () => {
  const { relo, spec } = wayTo(-1);
  expect(coreResult(relo, 0, spec, wayTo(0x8000_0000).spec, quiet)).toMatchObject({
    before: 0xffff_ffff_ffff_ffffn,
    after: 0xffff_ffff_8000_0000n,
  });
});
