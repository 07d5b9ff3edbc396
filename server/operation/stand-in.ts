/**
 * A page that many readers get is drawn in the name of one of them. It holds words in the place of
 * what is theirs alone, and as it is sent each reader's own are put there.
 */

/** Set by the web process alone, on what it asks of itself: the word that the others are made of. */
export const STAND_IN_HEADER = "x-kernelbook-stand-in";

/** What a page of a lecture says of who reads it. */
export interface OwnWords {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly initials: string;
  /** What they have handed in on the page, packed; "": nothing. */
  readonly work: string;
  /** Where a browser without scripts finds it, as a refresh says it; "": it is all here. */
  readonly elsewhere: string;
}

/** Words of a page that is not signed for anybody in particular. */
export type StandInWords = Omit<OwnWords, "userId">;

/** The words that stand in; nobody's own contain them, since `word` is a random one. */
export function standInWords(word: string): StandInWords {
  return {
    ...{ name: `${word}n`, username: `${word}u`, initials: `${word}i` },
    ...{ work: `${word}w`, elsewhere: `${word}e` },
  };
}

/** Letters, digits and signs that mean the same in HTML, in a script and in what React sends. */
const PLAIN = /^[\p{L}\p{M}\p{N}@_.,+-][\p{L}\p{M}\p{N}@_.,+ -]*$/u;

/** Whether it can be put into a page as it is. */
export function isPlain(word: string): boolean {
  return PLAIN.test(word);
}

/** Data as a word that can: `OwnWork` of the pages unpacks it. */
export function packWork(work: unknown): string {
  return encodeURIComponent(JSON.stringify(work)).replaceAll("'", "%27");
}
