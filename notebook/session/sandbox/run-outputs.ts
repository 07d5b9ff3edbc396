import type { Output } from "#notebook/document";

/** What a run has shown, so that the same run in another Worker goes on where this one has ended. */
export class RunOutputs {
  #shown = 0;
  #isAgain = 0;

  /** The run begins once more: what it has shown comes again, in whatever pieces. */
  beginAgain(): void {
    this.#isAgain = this.#shown;
  }

  /** Of an output what was not shown before; undefined when all of it was. */
  fresh(output: Output): Output | undefined {
    const size = output.kind === "stream" ? output.text.length : 1;
    const known = Math.min(size, this.#isAgain);
    this.#isAgain -= known;
    this.#shown += size - known;
    if (known === 0) return output;
    if (known === size || output.kind !== "stream") return undefined;
    return { ...output, text: output.text.slice(known) };
  }
}
