/** What is meant by one of the verifier's messages. */
export interface RefusalRule {
  /** The whole line. A group `reg` is the number of the register that is to blame. */
  readonly message: RegExp;
  /** What has to hold, in plain words. */
  readonly rule: Text;
  /** What would mend the program. */
  readonly repair: Text;
  /** The register that is to blame, where the message does not name it. */
  readonly blame?: Blamed;
}

/** Where a value came from, and what mends it when it was lost on the way. */
export interface Origin {
  readonly text: string;
  readonly repair: string | undefined;
}

/** Which register of the refused instruction: the one that holds an address, the second operand, or one of fixed number. */
export type Blamed = "address" | "operand" | "target" | number;

/** `$name` stands for what the group of that name has matched. */
export type Text = string;

/** Puts what a message says in its place. */
export function filled(text: Text, groups: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$(\w+)/g, (all, name: string) => groups[name] ?? all);
}
