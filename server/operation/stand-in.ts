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
}

/** The words that stand in; nobody's own contain them, since `word` is a random one. */
export function standInWords(word: string): Omit<OwnWords, "userId"> {
  return { name: `${word}n`, username: `${word}u`, initials: `${word}i` };
}

/** Letters, digits and signs that mean the same in HTML, in a script and in what React sends. */
const PLAIN = /^[\p{L}\p{M}\p{N}@_.,+-][\p{L}\p{M}\p{N}@_.,+ -]*$/u;

/** Whether they can be put into a page as they are. */
export function arePlain({ userId, name, username, initials }: OwnWords): boolean {
  return [userId, name, username, initials].every((word) => PLAIN.test(word));
}
