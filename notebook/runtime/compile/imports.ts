/** Imports of a source: the statements become spaces, the runtime hands the modules in. */

import { type Edits, type Place, placesOf } from "./edits.ts";
import { CompileProblem, child, children, nameOf, type SyntaxNode } from "./parse.ts";
import type { Names } from "./scope.ts";

export interface ImportBinding {
  readonly local: string;
  /** The name in the module, `default`, or `*` for all of it. */
  readonly imported: string;
  /** False where the source names it in types only, or not at all: then it may be missing. */
  readonly isUsed: boolean;
}

export interface ImportedModule {
  readonly specifier: string;
  readonly bindings: readonly ImportBinding[];
  /** Where the statement stands. */
  readonly place: Place;
}

/** Blanks the import statements and answers what they ask for; `import type` asks for nothing. */
export function blankImports(
  program: SyntaxNode,
  source: string,
  names: Names,
  edits: Edits,
): ImportedModule[] {
  const places = placesOf(source);
  return children(program, "body")
    .filter(({ type }) => type === "ImportDeclaration")
    .flatMap((statement) => {
      edits.blank(statement.start, statement.end);
      edits.put(statement.start, ";");
      if (statement["importKind"] === "type") return [];
      const bindings = children(statement, "specifiers")
        .filter((specifier) => specifier["importKind"] !== "type")
        .map((specifier) => bindingOf(specifier, names));
      const specifier = String(child(statement, "source")?.["value"]);
      return [{ specifier, bindings, place: places(statement.start) }];
    });
}

function bindingOf(specifier: SyntaxNode, names: Names): ImportBinding {
  const local = nameOf(child(specifier, "local"));
  const isUsed = names.used.has(local);
  if (specifier.type === "ImportNamespaceSpecifier") return { local, imported: "*", isUsed };
  if (specifier.type === "ImportDefaultSpecifier") return { local, imported: "default", isUsed };
  const imported = child(specifier, "imported");
  if (imported?.type !== "Identifier") {
    throw new CompileProblem("An imported name is written without quotes.", specifier.start);
  }
  return { local, imported: nameOf(imported), isUsed };
}
