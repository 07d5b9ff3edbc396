/**
 * Which id of one state stands for which of another, while the two are compared: ids name the same
 * thing within one state only.
 *
 * @linux kernel/bpf/verifier.c `check_ids`, `check_scalar_ids` (6.18)
 */
export class IdMap {
  readonly #old: number[] = [];
  readonly #cur: number[] = [];
  #tmpIdGen = 0;

  reset(idGen: number): void {
    this.#old.length = 0;
    this.#cur.length = 0;
    this.#tmpIdGen = idGen;
  }

  checkIds(old: number, cur: number): boolean {
    if ((old === 0) !== (cur === 0)) return false;
    if (old === 0) return true;
    for (let i = 0; i < this.#old.length; i++) {
      if (this.#old[i] === old) return this.#cur[i] === cur;
      if (this.#cur[i] === cur) return false;
    }
    this.#old.push(old);
    this.#cur.push(cur);
    return true;
  }

  /** A scalar without an id is like one whose id nobody else has. */
  checkScalarIds(old: number, cur: number): boolean {
    return this.checkIds(old, cur === 0 ? ++this.#tmpIdGen : cur);
  }
}
