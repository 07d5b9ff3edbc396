/** A piece of a word; `isQuoted` pieces are neither split nor matched with file names. */
export type Part =
  | { readonly kind: "text"; readonly text: string; readonly isQuoted: boolean }
  | {
      readonly kind: "parameter";
      readonly name: string;
      /** "", "#" (length), "-", "=", "?", "+", with ":" before them, "%", "%%", "#", "##" as `trim`. */
      readonly operator: string;
      readonly word: Word | undefined;
      readonly isQuoted: boolean;
    }
  | { readonly kind: "command"; readonly body: Command; readonly isQuoted: boolean }
  | { readonly kind: "arithmetic"; readonly word: Word; readonly isQuoted: boolean };

export type Word = readonly Part[];

export interface Redirection {
  readonly fd: number;
  /** `<`, `>`, `>>`, `<>`, `>|`, `<&`, `>&`, or `<<` with the document as target. */
  readonly operator: string;
  target: Word;
}

export interface SimpleCommand {
  readonly kind: "simple";
  readonly line: number;
  readonly assignments: readonly { readonly name: string; readonly word: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** What the parser makes of a script. */
export type Command =
  | SimpleCommand
  | {
      readonly kind: "pipeline";
      readonly stages: readonly Command[];
      readonly isNegated: boolean;
      readonly text: string;
    }
  | { readonly kind: "and" | "or"; readonly left: Command; readonly right: Command }
  | { readonly kind: "list"; readonly items: readonly Command[] }
  | { readonly kind: "background"; readonly body: Command; readonly text: string }
  | { readonly kind: "subshell" | "group"; readonly body: Command }
  | {
      readonly kind: "if";
      readonly condition: Command;
      readonly then: Command;
      readonly otherwise: Command | undefined;
    }
  | {
      readonly kind: "while";
      readonly isUntil: boolean;
      readonly condition: Command;
      readonly body: Command;
    }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly words: readonly Word[] | undefined;
      readonly body: Command;
    }
  | {
      readonly kind: "case";
      readonly word: Word;
      readonly arms: readonly { readonly patterns: readonly Word[]; readonly body: Command }[];
    }
  | { readonly kind: "function"; readonly name: string; readonly body: Command }
  | {
      readonly kind: "redirected";
      readonly body: Command;
      readonly redirections: readonly Redirection[];
    };
