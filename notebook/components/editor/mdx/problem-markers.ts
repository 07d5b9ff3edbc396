/** What the gate says of a text, underlined at its lines while one types. */
import type * as Monaco from "monaco-editor";
import type { TextProblem } from "#notebook/document";

const OWNER = "kernelbook-gate";
/** A pause in typing after which the text is looked at. */
const PAUSE_MS = 60;

export class ProblemMarkers {
  readonly #monaco: typeof Monaco;
  readonly #model: Monaco.editor.ITextModel;
  readonly #ask: (text: string) => Promise<readonly TextProblem[]>;
  readonly #listening: Monaco.IDisposable;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isGone = false;

  constructor(
    monaco: typeof Monaco,
    model: Monaco.editor.ITextModel,
    ask: (text: string) => Promise<readonly TextProblem[]>,
  ) {
    this.#monaco = monaco;
    this.#model = model;
    this.#ask = ask;
    this.#listening = model.onDidChangeContent(() => this.#soon());
    this.#soon();
  }

  dispose(): void {
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#listening.dispose();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), PAUSE_MS);
  }

  /** One question at a time: what was typed meanwhile is asked about after it. */
  async #look(): Promise<void> {
    if (this.#isAsking || this.#isGone) return;
    this.#isAsking = true;
    const asked = this.#model.getVersionId();
    try {
      const problems = await this.#ask(this.#model.getValue());
      if (!this.#isGone) this.#mark(problems);
    } catch {
      // The marks stay as they were: the next keystroke asks again.
    } finally {
      this.#isAsking = false;
      if (!this.#isGone && this.#model.getVersionId() !== asked) this.#soon();
    }
  }

  #mark(problems: readonly TextProblem[]): void {
    const { editor, MarkerSeverity } = this.#monaco;
    const lines = this.#model.getLineCount();
    const markers = problems.map(({ line, message }) => {
      const at = Math.max(1, Math.min(line, lines));
      return {
        severity: MarkerSeverity.Error,
        message,
        startLineNumber: at,
        startColumn: Math.max(1, this.#model.getLineFirstNonWhitespaceColumn(at)),
        endLineNumber: at,
        endColumn: this.#model.getLineMaxColumn(at),
      };
    });
    editor.setModelMarkers(this.#model, OWNER, markers);
  }
}
