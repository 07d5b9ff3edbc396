/** Why the verifier has refused a program, in plain words; a part that does not apply is "". */
export interface RefusalWords {
  readonly rule: string;
  readonly value: string;
  readonly origin: string;
  readonly repair: string;
}

/** The parts that apply, in the order in which they are read, each under what it answers. */
export function refusalRows({ rule, value, origin, repair }: RefusalWords) {
  const rows: readonly (readonly [title: string, text: string])[] = [
    ["The rule", rule],
    ["What broke it", value],
    ["Where that came from", origin],
    ["A repair", repair],
  ];
  return rows.filter(([, text]) => text !== "");
}
