/**
 * What an editor has told of its text and has not yet got back. Whoever keeps the text may be some
 * keystrokes behind: a value that comes back then is no change from outside, and putting it into the
 * editor would take away what was typed since.
 */
export class OwnChanges {
  #told: string[] = [];

  /** The editor tells this value. */
  tell(value: string): void {
    this.#told.push(value);
  }

  /** Whether the value that came is one that was told; the ones before it will not come any more. */
  isOwn(value: string): boolean {
    const place = this.#told.indexOf(value);
    this.#told = place === -1 ? [] : this.#told.slice(place + 1);
    return place !== -1;
  }
}
