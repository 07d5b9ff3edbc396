/** What a script of sed says, before it runs. */
export interface SedAddress {
  readonly kind: "line" | "last" | "pattern" | "step";
  readonly line: number;
  readonly step: number;
  /** Undefined: the pattern that was used last. */
  readonly pattern?: RegExp | undefined;
}

export interface SedCommand {
  readonly name: string;
  readonly from: SedAddress | undefined;
  /** `+n` and `~n` count from where the range begins. */
  readonly to:
    | SedAddress
    | { readonly kind: "plus" | "multiple"; readonly count: number }
    | undefined;
  readonly isNegated: boolean;
  /** Text, label or file name; for `{` nothing. */
  readonly text: string;
  readonly substitute?: Substitute;
  readonly table?: ReadonlyMap<string, string>;
  /** Where a block ends, or where a branch leads. */
  target: number;
}

export interface Substitute {
  readonly pattern: RegExp | undefined;
  readonly replacement: string;
  readonly isGlobal: boolean;
  readonly nth: number;
  readonly isPrinted: boolean;
  readonly file: string | undefined;
}

/** What is wrong with a script, as sed tells it. */
export class SedError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The texts of `-e` and `-f`, and whether patterns are extended. */
export interface SedScript {
  readonly text: string;
  readonly isExtended: boolean;
}
