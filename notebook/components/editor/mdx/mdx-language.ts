/** The language of lectures in Monaco: completion, hover, and what the gate says, at the line. */
import type * as Monaco from "monaco-editor";
import type { Vocabulary } from "#notebook/document";
import { CellScript } from "./cell-script.ts";
import { hoverAt } from "./hover.ts";
import { MDX, MDX_CONFIGURATION, MDX_TOKENS } from "./mdx-grammar.ts";
import type { MdxServices } from "./mdx-services.ts";
import { placeAt } from "./place.ts";
import { ProblemMarkers } from "./problem-markers.ts";
import { type Suggestion, suggestionsAt } from "./suggest.ts";

type Model = Monaco.editor.ITextModel;

interface Attached {
  readonly words: () => Promise<Vocabulary>;
  readonly script: CellScript;
}

const attached = new Map<string, Attached>();
const WORDS_MS = 60_000;
const NO_WORDS: Vocabulary = {
  components: [],
  exercises: [],
  lectures: [],
  pictures: [],
  topics: [],
};

let isKnown = false;

/** Makes the language known to Monaco, before a text of it is opened. */
export function registerMdx(monaco: typeof Monaco): void {
  if (isKnown) return;
  isKnown = true;
  const { languages } = monaco;
  languages.register({ id: MDX });
  languages.setMonarchTokensProvider(MDX, MDX_TOKENS);
  languages.setLanguageConfiguration(MDX, MDX_CONFIGURATION);
  languages.registerCompletionItemProvider(MDX, {
    triggerCharacters: ["<", '"', "(", "#", "/", ".", " "],
    provideCompletionItems: (model, position) => complete(monaco, model, position),
    resolveCompletionItem: async (item) => item,
  });
  languages.registerHoverProvider(MDX, {
    provideHover: (model, position) => hover(monaco, model, position),
  });
}

/** Gives the text of this model all that the language knows; ended with the editor. */
export function attachMdx(
  monaco: typeof Monaco,
  model: Model,
  services: MdxServices,
): { dispose(): void } {
  const key = model.uri.toString();
  const script = new CellScript(monaco, model, () => services.loadCellTypes());
  const markers = new ProblemMarkers(monaco, model, (text) => services.problems(text));
  attached.set(key, { words: keptFor(WORDS_MS, () => services.vocabulary()), script });
  return {
    dispose() {
      attached.delete(key);
      script.dispose();
      markers.dispose();
    },
  };
}

/** Asks again when the answer is old; a failure is asked for again at the next time. */
function keptFor(ms: number, ask: () => Promise<Vocabulary>): () => Promise<Vocabulary> {
  let last: Promise<Vocabulary> | undefined;
  let at = 0;
  return () => {
    if (last === undefined || performance.now() - at > ms) {
      at = performance.now();
      last = ask().catch(() => {
        last = undefined;
        return NO_WORDS;
      });
    }
    return last;
  };
}

async function complete(
  monaco: typeof Monaco,
  model: Model,
  position: Monaco.Position,
): Promise<Monaco.languages.CompletionList | undefined> {
  const known = attached.get(model.uri.toString());
  if (known === undefined) return undefined;
  const text = model.getValue();
  const offset = model.getOffsetAt(position);
  const place = placeAt(text, offset);
  if (place.kind === "cell") return known.script.complete(position);
  if (!("from" in place)) return undefined;
  const from = model.getPositionAt(place.from);
  const range = monaco.Range.fromPositions(from, position);
  const suggestions = suggestionsAt(place, text, await known.words());
  return { suggestions: suggestions.map((one) => asItem(monaco, one, range)) };
}

/** The cursor is in the first attribute then; where nothing can be offered, nothing is said. */
const OFFER_VALUES: Monaco.languages.Command = {
  id: "editor.action.triggerSuggest",
  title: "Offer values",
  arguments: [{ auto: true }],
};

function asItem(
  monaco: typeof Monaco,
  { label, insert, says, kind }: Suggestion,
  range: Monaco.Range,
): Monaco.languages.CompletionItem {
  const { CompletionItemKind, CompletionItemInsertTextRule } = monaco.languages;
  const kinds = {
    component: CompletionItemKind.Class,
    attribute: CompletionItemKind.Property,
    value: CompletionItemKind.Value,
    link: CompletionItemKind.Reference,
  };
  const isSnippet = kind === "component" || kind === "attribute";
  return {
    label,
    // "<" stands before the range already.
    filterText: label.replace(/^</, ""),
    kind: kinds[kind],
    documentation: says,
    insertText: insert,
    ...(isSnippet && {
      insertTextRules: CompletionItemInsertTextRule.InsertAsSnippet,
      command: OFFER_VALUES,
    }),
    range,
  };
}

async function hover(
  monaco: typeof Monaco,
  model: Model,
  position: Monaco.Position,
): Promise<Monaco.languages.Hover | undefined> {
  const known = attached.get(model.uri.toString());
  if (known === undefined) return undefined;
  const text = model.getValue();
  const offset = model.getOffsetAt(position);
  if (placeAt(text, offset).kind === "cell") return known.script.hover(position);
  const found = hoverAt(text, offset, await known.words());
  if (found === undefined) return undefined;
  const [start, end] = [model.getPositionAt(found.start), model.getPositionAt(found.end)];
  return {
    range: monaco.Range.fromPositions(start, end),
    // Texts of the course are shown as they are: nothing in them is Markdown.
    contents: found.lines.map((line) => ({ value: escaped(line) })),
  };
}

function escaped(line: string): string {
  return line.replace(/[\\`*_{}[\]()#+\-.!<>|~]/g, "\\$&");
}
