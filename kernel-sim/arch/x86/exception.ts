/**
 * The exception that one processor is about to take. There is one object a processor; the
 * interpreter throws it to leave an instruction in the middle, and nothing else ever sees it fly.
 */
export class CpuException {
  vector = 0;
  errorCode = 0;
  hasErrorCode = false;
  /** A trap is reported after its instruction, a fault before it. */
  isTrap = false;
  /** INT n, INT3, INTO: the gate's privilege counts. */
  isSoftware = false;

  /** An operand reached behind the last address: #SS(0) if it was on the stack. */
  isWrap = false;

  /** A fault with an error code. */
  fault(vector: number, errorCode: number): never {
    this.set(vector, errorCode, true, false, false);
    throw this;
  }

  /** A fault without one. */
  faultPlain(vector: number): never {
    this.set(vector, 0, false, false, false);
    throw this;
  }

  /** What an interrupt instruction raises, after itself. */
  software(vector: number): never {
    this.set(vector, 0, false, true, true);
    throw this;
  }

  set(
    vector: number,
    errorCode: number,
    hasErrorCode: boolean,
    isTrap: boolean,
    isSoftware: boolean,
  ): void {
    this.vector = vector;
    this.errorCode = errorCode;
    this.hasErrorCode = hasErrorCode;
    this.isTrap = isTrap;
    this.isSoftware = isSoftware;
    this.isWrap = false;
  }
}
