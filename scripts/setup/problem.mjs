/** A set-up that cannot go on: what happened, and what the person can do about it. */
export class Problem extends Error {
  /**
   * @param {string} what
   * @param {string} remedy
   */
  constructor(what, remedy) {
    super(what);
    this.remedy = remedy;
  }
}

/**
 * What an error of the operating system, or a program's complaint about one, means to a person.
 *
 * @param {string} text an error code or the output of a program
 * @param {string} place the folder that was worked in
 * @returns {Problem | undefined}
 */
export function problemOfSystem(text, place) {
  if (/ENOSPC|No space left on device|EDQUOT/.test(text)) {
    return new Problem(
      `The disk that holds ${place} is full.`,
      "Free 3 GB and run the same command again: it goes on where it stopped.",
    );
  }
  if (/EROFS|Read-only file system/.test(text)) {
    return new Problem(
      `${place} lies on a read-only file system.`,
      "Clone Kernelbook to a place where you may write.",
    );
  }
  if (/EACCES|EPERM|Permission denied/.test(text)) {
    return new Problem(
      `${place} may not be written by the user you are.`,
      `Give the folder to yourself (chown -R "$(id -un)" ${place}), or clone it anew as this user.`,
    );
  }
  return undefined;
}
