/** Data sets of the course as types: what cells find as globals, and figures draw. */

/**
 * Under which terms one got the source text:
 * "licensee": of AT&T's licensees only, often for teaching; "closed": not, or by a contract with the maker;
 * "restricted": published, but not free to sell or to pass on; "permissive": free, and so are changes kept secret;
 * "copyleft": free, and what is passed on stays so; "mixed": free parts below, closed ones on top.
 */
export type Licence = "licensee" | "closed" | "restricted" | "permissive" | "copyleft" | "mixed";

export interface UnixSystem {
  readonly name: string;
  readonly year: number;
  /** As exact as the source has it: `1971-11-03`, `1973-02`, `1969`. */
  readonly date: string;
  /** Systems whose source text went into it, by name. */
  readonly parents: readonly string[];
  /** Systems that it imitates or learned from, without their text. */
  readonly ideas: readonly string[];
  /** From which year on which terms hold, oldest first. */
  readonly licences: readonly { readonly from: number; readonly licence: Licence }[];
  readonly note: string;
  readonly source: string;
  /** What the sources disagree about, or do not say; absent when nothing is known to be open. */
  readonly open?: string;
}

export interface DatedSource {
  readonly id: string;
  /** When it was written: `1991-08-25`. */
  readonly written: string;
  /**
   * "primary": made at the time by whoever did it; "memory": told later by somebody who was there; "secondary": put
   * together by others.
   */
  readonly kind: "primary" | "memory" | "secondary";
  /** What it states: which thing, what happened to it, and when, as exactly as it says. */
  readonly states: readonly {
    readonly subject: string;
    readonly event: string;
    readonly date: string;
  }[];
  /** In short, in our words; what stands in quotation marks is the source's. */
  readonly says: string;
  readonly where: string;
}

export interface Statistic {
  readonly id: string;
  /** In per cent. */
  readonly value: number;
  /** What is counted. */
  readonly metric: string;
  /** Of what: the denominator. */
  readonly population: string;
  /** When it held, `2022-07` or `2017-11`. */
  readonly date: string;
  /** Who counted; "" when nobody is named. */
  readonly source: string;
  /**
   * "counted": every member was looked at; "sample": a part, by a method that is described; "survey": who wanted to
   * answer; "repeated": pages quote pages, and no count is found at the end.
   */
  readonly trust: "counted" | "sample" | "survey" | "repeated";
  /** How it was found, and what one must not read into it. */
  readonly method: string;
}
