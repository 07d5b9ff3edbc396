/** What is wrong with a source text, and what to do about it. */
export interface AsmError {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Thrown while a statement is read; the assembler notes it and goes on with the next statement. */
export class AsmProblem {
  readonly error: AsmError;

  constructor(line: number, column: number, message: string) {
    this.error = { line, column, message };
  }
}
