/**
 * The shadow stack of a program: where CALL notes once more where to return to, out of the reach of
 * ordinary stores.
 *
 * @spec Intel SDM vol. 1, chapter 17
 * @simplified Linux offers it to 64-bit programs only. Here 32-bit ones may have it, with tokens of
 *   8 bytes as on real processors, and for CPL 3 alone: entries to the kernel leave it untouched.
 */
export class ShadowStack {
  /** SHSTK is on at CPL 3. */
  user = false;
  /** The address of the newest return address. */
  ssp = 0;

  isOn(isUser: boolean): boolean {
    return this.user && isUser;
  }
}
