/** TypeScript's own service for the cells of a lecture's text. */
import type * as Monaco from "monaco-editor";
import { cellsAsScript } from "./text-names.ts";

const OWNER = "kernelbook-cells";
/** The same path as a cell's editor gives them: they are there once. */
const TYPES = "kernelbook.d.ts";

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly sortText: string;
}

/** All cells as a script that nobody sees, each character at its own place. */
export class CellScript {
  readonly #monaco: typeof Monaco;
  readonly #model: Monaco.editor.ITextModel;
  readonly #script: Monaco.editor.ITextModel;
  readonly #listening: Monaco.IDisposable[];
  #types: Monaco.editor.ITextModel | undefined;
  #isGone = false;

  constructor(
    monaco: typeof Monaco,
    model: Monaco.editor.ITextModel,
    loadTypes: () => Promise<string>,
  ) {
    this.#monaco = monaco;
    this.#model = model;
    const uri = monaco.Uri.file(`${model.uri.path}.cells.ts`);
    monaco.editor.getModel(uri)?.dispose();
    this.#script = monaco.editor.createModel(cellsAsScript(model.getValue()), "typescript", uri);
    this.#listening = [
      model.onDidChangeContent(() => this.#script.setValue(cellsAsScript(model.getValue()))),
      monaco.editor.onDidChangeMarkers((uris) => {
        if (uris.some((one) => one.toString() === uri.toString())) this.#mark();
      }),
    ];
    void loadTypes().then(
      (content) => this.#addTypes(content),
      // Then the cells are completed from their own names.
      () => undefined,
    );
  }

  async complete(position: Monaco.Position): Promise<Monaco.languages.CompletionList> {
    const { service, uri, offset } = await this.#at(position);
    const info: { entries: readonly Entry[] } | undefined = await service.getCompletionsAtPosition(
      uri,
      offset,
    );
    const { startColumn, endColumn } = this.#model.getWordUntilPosition(position);
    const { lineNumber } = position;
    const range = new this.#monaco.Range(lineNumber, startColumn, lineNumber, endColumn);
    const suggestions = (info?.entries ?? []).map(({ name, kind, sortText }) => ({
      label: name,
      insertText: name,
      sortText,
      kind: this.#kindOf(kind),
      range,
    }));
    return { suggestions };
  }

  async hover(position: Monaco.Position): Promise<Monaco.languages.Hover | undefined> {
    const { service, uri, offset } = await this.#at(position);
    const info = await service.getQuickInfoAtPosition(uri, offset);
    if (info === undefined) return undefined;
    const textOf = (parts: { text: string }[] | undefined) =>
      (parts ?? []).map(({ text }) => text).join("");
    const { start, length } = info.textSpan;
    const [from, to] = [start, start + length].map((at) => this.#model.getPositionAt(at));
    if (from === undefined || to === undefined) return undefined;
    return {
      range: this.#monaco.Range.fromPositions(from, to),
      contents: [
        { value: `\`\`\`typescript\n${textOf(info.displayParts)}\n\`\`\`` },
        { value: textOf(info.documentation) },
      ],
    };
  }

  dispose(): void {
    this.#isGone = true;
    for (const listener of this.#listening) listener.dispose();
    this.#script.dispose();
    this.#types?.dispose();
  }

  async #at(position: Monaco.Position) {
    const { uri } = this.#script;
    const worker = await this.#monaco.typescript.getTypeScriptWorker();
    const service = await worker(uri);
    return { service, uri: uri.toString(), offset: this.#model.getOffsetAt(position) };
  }

  #addTypes(content: string): void {
    const uri = this.#monaco.Uri.file(TYPES);
    if (this.#isGone || content === "" || this.#monaco.editor.getModel(uri) !== null) return;
    this.#types = this.#monaco.editor.createModel(content, "typescript", uri);
  }

  /** A cell is an experiment: what TypeScript says of it is advice. */
  #mark(): void {
    const { editor, MarkerSeverity } = this.#monaco;
    const found = editor.getModelMarkers({ resource: this.#script.uri, owner: "typescript" });
    const markers = found.map((marker) => ({ ...marker, severity: MarkerSeverity.Warning }));
    editor.setModelMarkers(this.#model, OWNER, markers);
  }

  #kindOf(kind: string): Monaco.languages.CompletionItemKind {
    const { CompletionItemKind } = this.#monaco.languages;
    if (/function|method/.test(kind)) return CompletionItemKind.Function;
    if (/property|getter|setter/.test(kind)) return CompletionItemKind.Property;
    if (/interface|type/.test(kind)) return CompletionItemKind.Interface;
    if (kind === "class") return CompletionItemKind.Class;
    return kind === "keyword" ? CompletionItemKind.Keyword : CompletionItemKind.Variable;
  }
}
