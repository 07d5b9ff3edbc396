/** Exports of a module: the words become spaces, the values are read through accessors. */

import type { Edits } from "./edits.ts";
import { CompileProblem, child, children, nameOf, type SyntaxNode } from "./parse.ts";
import { declarationNames } from "./scope.ts";

export interface ExportedName {
  readonly local: string;
  readonly exported: string;
}

/**
 * Blanks `export` and answers what it names. `export default <value>` becomes an assignment to
 * `host.default`.
 */
export function collectExports(
  program: SyntaxNode,
  source: string,
  host: string,
  edits: Edits,
): ExportedName[] {
  return children(program, "body").flatMap((statement) => {
    switch (statement.type) {
      case "ExportNamedDeclaration":
        return exportNamed(statement, edits);
      case "ExportDefaultDeclaration":
        return exportDefault(statement, source, host, edits);
      case "ExportAllDeclaration":
        throw new CompileProblem("Export what this file declares.", statement.start);
      default:
        return [];
    }
  });
}

function exportNamed(statement: SyntaxNode, edits: Edits): ExportedName[] {
  const declaration = child(statement, "declaration");
  if (statement["exportKind"] === "type" && declaration === undefined) {
    edits.blank(statement.start, statement.end);
    edits.put(statement.start, ";");
    return [];
  }
  if (declaration !== undefined) {
    edits.blank(statement.start, declaration.start);
    return declarationNames(declaration).map((name) => ({ local: name, exported: name }));
  }
  if (child(statement, "source") !== undefined) {
    throw new CompileProblem("Import the name first, then export it.", statement.start);
  }
  edits.blank(statement.start, statement.end);
  edits.put(statement.start, ";");
  return children(statement, "specifiers")
    .filter((specifier) => specifier["exportKind"] !== "type")
    .map((specifier) => ({
      local: nameOf(child(specifier, "local")),
      exported: exportedName(specifier),
    }));
}

function exportedName(specifier: SyntaxNode): string {
  const exported = child(specifier, "exported");
  const name = nameOf(exported);
  if (name === "") {
    throw new CompileProblem("An exported name is written without quotes.", specifier.start);
  }
  return name;
}

function exportDefault(
  statement: SyntaxNode,
  source: string,
  host: string,
  edits: Edits,
): ExportedName[] {
  const declaration = child(statement, "declaration");
  if (declaration === undefined || declaration.type === "TSInterfaceDeclaration") {
    edits.blank(statement.start, statement.end);
    return [];
  }
  const [name] = declarationNames(declaration);
  if (name !== undefined && name !== "") {
    edits.blank(statement.start, declaration.start);
    return [{ local: name, exported: "default" }];
  }
  assignDefault(statement, declaration, source, host, edits);
  // A nameless function or class is an expression now, and does not end by itself.
  if (/^(?:Function|Class)Declaration$/.test(declaration.type)) edits.insert(declaration.end, ";");
  return [];
}

function assignDefault(
  statement: SyntaxNode,
  value: SyntaxNode,
  source: string,
  host: string,
  edits: Edits,
): void {
  const assignment = `${host}.default=`;
  edits.blank(statement.start, value.start);
  const room = source.slice(statement.start, value.start);
  // `export default` has 14 characters, mostly on one line.
  if (/^[^\n\r\u2028\u2029]{12}/.test(room)) edits.put(statement.start, assignment);
  else edits.insert(statement.start, assignment);
}
