"use client";

import type * as Monaco from "monaco-editor";
import type { EditorMarker, ExtraLib } from "./code-editor.tsx";
import { MDX } from "./mdx/mdx-grammar.ts";
import { attachMdx, registerMdx } from "./mdx/mdx-language.ts";
import type { MdxServices } from "./mdx/mdx-services.ts";
import { defineThemes, followTheme } from "./monaco-theme.ts";
import { OwnChanges } from "./own-changes.ts";

/** One editor on the page. */
export interface MonacoHandle {
  /** @param startAt characters before the cursor */
  focus(startAt?: number): void;
  /** Puts the cursor at the line, and shows it. */
  reveal(line: number): void;
  setValue(value: string): void;
  setMarkers(markers: readonly EditorMarker[]): void;
  setExtraLibs(libs: readonly ExtraLib[]): void;
  dispose(): void;
}

interface MonacoOptions {
  value: () => string;
  path: string;
  language: string;
  /** Of a lecture's text. */
  mdx: MdxServices | undefined;
  ariaLabel: string;
  onChange: (value: string) => void;
  onLeave: () => void;
  /** False once the place of the editor is gone: Monaco may come late. */
  isWanted: () => boolean;
  /** It has the height of its place, instead of its text's. */
  isPane: boolean;
  onCursor: (line: number, column: number) => void;
}

/** What is no mistake in a notebook, though it is one in a file. */
const NOT_WRONG_IN_A_CELL = [
  1108, // return outside of a function
  1375, // await at the top level of a file that is no module
  1378, // the same, by compiler options
  2300,
  2451, // a name declared again: a later cell replaces it
  2393, // a function declared again
  7006,
  7031,
  7005,
  7034, // a parameter without a type
  7053,
  18046,
  18048,
  2532,
  2531, // "may be undefined": a cell is an experiment
];

/** Leaving is meant when Escape has nothing of the editor's own to close. */
const NOTHING_TO_CLOSE =
  "!suggestWidgetVisible && !parameterHintsVisible && !findWidgetVisible && !renameInputVisible" +
  " && !editorHasMultipleSelections && !inSnippetMode && !markersNavigationVisible";

let loading: Promise<typeof Monaco> | undefined;

/** Fetches Monaco once; after a failure the next editor tries again. */
async function loadMonaco(): Promise<typeof Monaco> {
  loading ??= startMonaco().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function startMonaco(): Promise<typeof Monaco> {
  globalThis.MonacoEnvironment = {
    getWorker: (_id: string, label: string) =>
      new Worker(
        label === "typescript" || label === "javascript"
          ? "/monaco/ts.worker.js"
          : "/monaco/editor.worker.js",
        { type: "module" },
      ),
  };
  const [monaco] = await Promise.all([fetchMonaco(), loadStyles("/monaco/monaco-editor.css")]);
  const { typescriptDefaults, ScriptTarget, ModuleKind } = monaco.typescript;
  typescriptDefaults.setEagerModelSync(true);
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ESNext,
    module: ModuleKind.ESNext,
    lib: ["es2024"],
    strict: true,
    noImplicitAny: false,
    // A cell is an experiment: what may be missing is found out by running it.
    strictNullChecks: false,
    allowNonTsExtensions: true,
    allowJs: true,
    // Everything stands in one global space, as cells do.
    moduleDetection: 1,
  });
  typescriptDefaults.setDiagnosticsOptions({ diagnosticCodesToIgnore: NOT_WRONG_IN_A_CELL });
  registerMdx(monaco);
  defineThemes(monaco);
  followTheme(monaco);
  return monaco;
}

/** Monaco as esbuild has bundled it into `public/`: inside Next's build it would cost a minute. */
function fetchMonaco(): Promise<typeof Monaco> {
  // @ts-expect-error: an address of the site, not a file of the project
  return import(/* turbopackIgnore: true */ "/monaco/monaco-editor.js");
}

function loadStyles(href: string): Promise<void> {
  return new Promise((loaded, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => loaded();
    link.onerror = () => failed(new Error(`${href} did not come`));
    document.head.append(link);
  });
}

export async function createMonaco(
  host: HTMLElement,
  options: MonacoOptions,
): Promise<MonacoHandle | undefined> {
  const monaco = await loadMonaco();
  await document.fonts.ready;
  if (!options.isWanted()) return undefined;
  const uri = monaco.Uri.file(options.path);
  monaco.editor.getModel(uri)?.dispose();
  const isMdx = options.language === "mdx";
  const model = monaco.editor.createModel(options.value(), isMdx ? MDX : options.language, uri);
  const { ariaLabel, isPane } = options;
  const looks = { ...LOOKS, ...(isPane && PANE_LOOKS), ...(isMdx && MDX_LOOKS) };
  const editor = monaco.editor.create(host, { ...looks, fontFamily: codeFont(), model, ariaLabel });
  const fitHeight = () => {
    if (!isPane) host.style.height = `${editor.getContentHeight()}px`;
    editor.layout();
  };
  editor.onDidContentSizeChange(fitHeight);
  const resized = new ResizeObserver(() => editor.layout());
  resized.observe(host);
  const own = new OwnChanges();
  let isPut = false;
  editor.onDidChangeModelContent(() => {
    if (isPut) return;
    const value = model.getValue();
    own.tell(value);
    options.onChange(value);
  });
  editor.onDidChangeCursorPosition(({ position }) =>
    options.onCursor(position.lineNumber, position.column),
  );
  editor.addCommand(monaco.KeyCode.Escape, options.onLeave, NOTHING_TO_CLOSE);
  const services = options.mdx && attachMdx(monaco, model, options.mdx);
  fitHeight();
  return {
    focus(startAt) {
      fitHeight();
      if (startAt !== undefined) editor.setPosition(model.getPositionAt(startAt));
      editor.focus();
    },
    reveal(line) {
      editor.setPosition({ lineNumber: clamp(line, model), column: 1 });
      editor.revealLineInCenter(clamp(line, model));
      editor.focus();
    },
    setValue(value) {
      // What came from the editor itself comes back: the cursor stays, and what was typed since.
      if (own.isOwn(value) || model.getValue() === value) return;
      isPut = true;
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text: value }], () => null);
      isPut = false;
    },
    setMarkers(markers) {
      monaco.editor.setModelMarkers(
        model,
        "kernelbook",
        markers.map((marker) => ({
          severity: monaco.MarkerSeverity.Error,
          message: marker.message,
          startLineNumber: marker.line,
          startColumn: marker.column,
          endLineNumber: marker.endLine ?? marker.line,
          endColumn: marker.endColumn ?? model.getLineMaxColumn(clamp(marker.line, model)),
        })),
      );
    },
    setExtraLibs(libs) {
      monaco.typescript.typescriptDefaults.setExtraLibs(
        libs.map(({ path, content }) => ({ content, filePath: `file:///${path}` })),
      );
    },
    dispose() {
      resized.disconnect();
      services?.dispose();
      editor.dispose();
      model.dispose();
    },
  };
}

/** The page's own font for code: what it is called is the page's business. */
function codeFont(): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--mono");
}

function clamp(line: number, model: Monaco.editor.ITextModel): number {
  return Math.max(1, Math.min(line, model.getLineCount()));
}

/** As the text looks when nobody edits it: the same font, line and left edge. */
const LOOKS: Monaco.editor.IStandaloneEditorConstructionOptions = {
  automaticLayout: false,
  fontSize: 14,
  lineHeight: 22,
  fontLigatures: false,
  lineNumbersMinChars: 2,
  lineDecorationsWidth: 11,
  glyphMargin: false,
  folding: false,
  minimap: { enabled: false },
  overviewRulerLanes: 0,
  hideCursorInOverviewRuler: true,
  overviewRulerBorder: false,
  scrollBeyondLastLine: false,
  scrollbar: { vertical: "hidden", alwaysConsumeMouseWheel: false, horizontalScrollbarSize: 8 },
  // Ways to paste are asked for first, and the text comes later: who leaves or submits at once loses it.
  pasteAs: { enabled: false },
  renderLineHighlight: "line",
  renderLineHighlightOnlyWhenFocus: true,
  padding: { top: 0, bottom: 0 },
  tabSize: 2,
  wordBasedSuggestions: "off",
  fixedOverflowWidgets: true,
  accessibilitySupport: "auto",
  stickyScroll: { enabled: false },
  contextmenu: true,
  occurrencesHighlight: "off",
  unicodeHighlight: { ambiguousCharacters: false },
  bracketPairColorization: { enabled: false },
};

/** What differs for a text that scrolls in a pane of its own. */
const PANE_LOOKS: Monaco.editor.IStandaloneEditorConstructionOptions = {
  lineNumbersMinChars: 4,
  folding: true,
  wordWrap: "on",
  scrollbar: { alwaysConsumeMouseWheel: false, horizontalScrollbarSize: 8 },
};

/** Values of attributes are offered while they are typed, also in a component that was just put in. */
const MDX_LOOKS: Monaco.editor.IStandaloneEditorConstructionOptions = {
  quickSuggestions: { other: true, comments: false, strings: true },
  suggest: { snippetsPreventQuickSuggestions: false },
};
