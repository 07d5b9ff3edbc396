import type * as Monaco from "monaco-editor";

const NAME = "kernelbook";

/** Takes the book's own colours over into Monaco, as they are at this moment. */
export function defineThemes(monaco: typeof Monaco): void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const token = (name: string, variable: string, fontStyle = "") => ({
    token: name,
    foreground: colour(variable).replace("#", ""),
    fontStyle,
  });
  const isDark = style.colorScheme === "dark";
  monaco.editor.defineTheme(NAME, {
    base: isDark ? "vs-dark" : "vs",
    inherit: true,
    rules: [
      token("", "code-text"),
      token("keyword", "code-keyword", "bold"),
      token("comment", "code-comment", "italic"),
      token("string", "code-string"),
      token("number", "code-number"),
      token("type", "code-type"),
      token("delimiter", "code-text"),
      token("identifier", "code-text"),
    ],
    colors: {
      "editor.background": colour("paper"),
      "editor.foreground": colour("code-text"),
      "editor.lineHighlightBackground": colour("code-line"),
      "editor.lineHighlightBorder": "#00000000",
      "editor.selectionBackground": colour("code-selection"),
      "editorCursor.foreground": colour("ink"),
      "editorLineNumber.foreground": colour("ink-3"),
      "editorLineNumber.activeForeground": colour("ink"),
      "editorWidget.background": colour("paper"),
      "editorWidget.border": colour("rule-strong"),
      "editorSuggestWidget.selectedBackground": colour("panel-2"),
      "editorSuggestWidget.selectedForeground": colour("ink"),
      "editorError.foreground": colour("failed-fill"),
      focusBorder: colour("focus"),
    },
  });
  monaco.editor.setTheme(NAME);
}

/** Keeps to the page when the reader, or the system, turns it dark or light. */
export function followTheme(monaco: typeof Monaco): void {
  const again = () => defineThemes(monaco);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
}
