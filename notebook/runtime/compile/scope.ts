/** Which names a source declares at its top level, and which it takes from outside. */

import { below, child, children, nameOf, type SyntaxNode } from "./parse.ts";

/** A use of a name that the source itself does not declare. */
export interface FreeName {
  readonly name: string;
  readonly isRead: boolean;
  readonly isWrite: boolean;
  readonly offset: number;
}

export interface Names {
  /** Top-level names, in the order of the source. */
  readonly declared: readonly string[];
  readonly free: readonly FreeName[];
  /** Names of the top level that are used as values: an import that is none of them is a type. */
  readonly used: ReadonlySet<string>;
  /** Names asked for with `typeof`, which may be missing. */
  readonly probed: ReadonlySet<string>;
}

interface Scope {
  readonly names: Set<string>;
  readonly outer: Scope | undefined;
}

type Access = "read" | "write" | "both";

/** @param program with its types: names that stand only in types are no uses. */
export function namesOf(program: SyntaxNode): Names {
  const top: Scope = { names: new Set(), outer: undefined };
  hoistVars(program, top.names);
  declareLexical(children(program, "body"), top.names);
  const finder = new UseFinder(top);
  for (const statement of children(program, "body")) finder.visit(statement, top);
  return { declared: [...top.names], free: finder.free, used: finder.used, probed: finder.probed };
}

/** The names that a pattern binds. */
export function boundNames(pattern: SyntaxNode | undefined): string[] {
  if (pattern === undefined) return [];
  switch (pattern.type) {
    case "Identifier":
      return [nameOf(pattern)];
    case "ObjectPattern":
      return children(pattern, "properties").flatMap(boundNames);
    case "Property":
      return boundNames(child(pattern, "value"));
    case "ArrayPattern":
      return children(pattern, "elements").flatMap(boundNames);
    case "RestElement":
      return boundNames(child(pattern, "argument"));
    case "AssignmentPattern":
      return boundNames(child(pattern, "left"));
    default:
      return [];
  }
}

function isType(node: SyntaxNode): boolean {
  if (node["declare"] === true) return true;
  return node.type.startsWith("TS") && !EXPRESSIONS.has(node.type);
}

const EXPRESSIONS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSInstantiationExpression",
]);

const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "TSDeclareFunction",
]);

/** `var` reaches up to its function: collects those below `node`. */
function hoistVars(node: SyntaxNode, names: Set<string>): void {
  for (const part of below(node)) {
    if (isType(part) || FUNCTIONS.has(part.type) || part.type === "StaticBlock") continue;
    if (part.type === "VariableDeclaration" && part["kind"] === "var") {
      for (const name of declarationNames(part)) names.add(name);
    }
    hoistVars(part, names);
  }
}

function declareLexical(statements: readonly SyntaxNode[], names: Set<string>): void {
  for (const statement of statements) {
    const exported = statement.type.startsWith("Export") && child(statement, "declaration");
    for (const name of declarationNames(exported || statement)) names.add(name);
  }
}

/** What a statement declares in the block around it. */
export function declarationNames(statement: SyntaxNode): string[] {
  if (isType(statement)) return [];
  switch (statement.type) {
    case "VariableDeclaration":
      return children(statement, "declarations").flatMap((one) => boundNames(child(one, "id")));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return boundNames(child(statement, "id"));
    case "ImportDeclaration":
      if (statement["importKind"] === "type") return [];
      return children(statement, "specifiers")
        .filter((specifier) => specifier["importKind"] !== "type")
        .map((specifier) => nameOf(child(specifier, "local")));
    default:
      return [];
  }
}

class UseFinder {
  readonly free: FreeName[] = [];
  readonly used = new Set<string>();
  readonly probed = new Set<string>();
  readonly #top: Scope;

  constructor(top: Scope) {
    this.#top = top;
  }

  visit(node: SyntaxNode | undefined, scope: Scope): void {
    if (node === undefined || isType(node)) return;
    switch (node.type) {
      case "Identifier":
        this.#use(node, scope, "read");
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node, scope);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#visitClass(node, scope);
        return;
      case "BlockStatement":
      case "StaticBlock":
        this.#visitBlock(node, scope);
        return;
      case "SwitchStatement":
        this.#visitSwitch(node, scope);
        return;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        this.#visitFor(node, scope);
        return;
      case "CatchClause":
        this.#visitCatch(node, scope);
        return;
      case "VariableDeclarator":
        this.#visitPattern(child(node, "id"), scope, undefined);
        this.visit(child(node, "init"), scope);
        return;
      case "AssignmentExpression": {
        const access = node["operator"] === "=" ? "write" : "both";
        this.#visitPattern(child(node, "left"), scope, access);
        this.visit(child(node, "right"), scope);
        return;
      }
      case "UpdateExpression":
        this.#visitPattern(child(node, "argument"), scope, "both");
        return;
      case "MemberExpression":
        this.visit(child(node, "object"), scope);
        if (node["computed"] === true) this.visit(child(node, "property"), scope);
        return;
      case "Property":
      case "PropertyDefinition":
      case "MethodDefinition":
      case "AccessorProperty":
        if (node["computed"] === true) this.visit(child(node, "key"), scope);
        this.visit(child(node, "value"), scope);
        return;
      case "UnaryExpression":
        if (node["operator"] === "typeof") this.probed.add(nameOf(child(node, "argument")));
        this.visit(child(node, "argument"), scope);
        return;
      case "LabeledStatement":
        this.visit(child(node, "body"), scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "ImportDeclaration":
      case "MetaProperty":
        return;
      case "ExportNamedDeclaration":
        this.#visitExport(node, scope);
        return;
      default:
        for (const part of below(node)) this.visit(part, scope);
    }
  }

  #use(node: SyntaxNode, scope: Scope, access: Access): void {
    const name = nameOf(node);
    let at: Scope | undefined = scope;
    while (at !== undefined && !at.names.has(name)) at = at.outer;
    if (at === this.#top) this.used.add(name);
    if (at !== undefined) return;
    const isRead = access !== "write";
    this.free.push({ name, isRead, isWrite: access !== "read", offset: node.start });
  }

  /** @param access undefined in a declaration, whose names are not uses. */
  #visitPattern(pattern: SyntaxNode | undefined, scope: Scope, access: Access | undefined): void {
    if (pattern === undefined || isType(pattern)) return;
    switch (pattern.type) {
      case "Identifier":
        if (access !== undefined) this.#use(pattern, scope, access);
        return;
      case "ObjectPattern":
        for (const one of children(pattern, "properties")) this.#visitPattern(one, scope, access);
        return;
      case "Property":
        if (pattern["computed"] === true) this.visit(child(pattern, "key"), scope);
        this.#visitPattern(child(pattern, "value"), scope, access);
        return;
      case "ArrayPattern":
        for (const one of children(pattern, "elements")) this.#visitPattern(one, scope, access);
        return;
      case "RestElement":
        this.#visitPattern(child(pattern, "argument"), scope, access);
        return;
      case "AssignmentPattern":
        this.#visitPattern(child(pattern, "left"), scope, access);
        this.visit(child(pattern, "right"), scope);
        return;
      case "TSAsExpression":
      case "TSNonNullExpression":
      case "TSSatisfiesExpression":
        this.#visitPattern(child(pattern, "expression"), scope, access);
        return;
      default:
        this.visit(pattern, scope);
    }
  }

  #visitFunction(node: SyntaxNode, outer: Scope): void {
    let scope = outer;
    const own = child(node, "id");
    if (node.type === "FunctionExpression" && own !== undefined) {
      scope = { names: new Set([nameOf(own)]), outer: scope };
    }
    const params: Scope = { names: new Set(), outer: scope };
    if (node.type !== "ArrowFunctionExpression") params.names.add("arguments");
    for (const param of children(node, "params")) {
      for (const name of boundNames(param)) params.names.add(name);
    }
    for (const param of children(node, "params")) this.#visitPattern(param, params, undefined);
    const body = child(node, "body");
    if (body?.type !== "BlockStatement") {
      this.visit(body, params);
      return;
    }
    const inner: Scope = { names: new Set(), outer: params };
    hoistVars(body, inner.names);
    this.#visitStatements(children(body, "body"), inner);
  }

  #visitClass(node: SyntaxNode, outer: Scope): void {
    const scope: Scope = { names: new Set(boundNames(child(node, "id"))), outer };
    this.visit(child(node, "superClass"), scope);
    this.visit(child(node, "body"), scope);
  }

  #visitBlock(node: SyntaxNode, outer: Scope): void {
    const scope: Scope = { names: new Set(), outer };
    if (node.type === "StaticBlock") hoistVars(node, scope.names);
    this.#visitStatements(children(node, "body"), scope);
  }

  #visitStatements(statements: readonly SyntaxNode[], scope: Scope): void {
    declareLexical(statements, scope.names);
    for (const statement of statements) this.visit(statement, scope);
  }

  #visitSwitch(node: SyntaxNode, outer: Scope): void {
    this.visit(child(node, "discriminant"), outer);
    const scope: Scope = { names: new Set(), outer };
    const cases = children(node, "cases");
    for (const one of cases) declareLexical(children(one, "consequent"), scope.names);
    for (const one of cases) {
      this.visit(child(one, "test"), scope);
      for (const statement of children(one, "consequent")) this.visit(statement, scope);
    }
  }

  #visitFor(node: SyntaxNode, outer: Scope): void {
    const scope: Scope = { names: new Set(), outer };
    const head = child(node, "init") ?? child(node, "left");
    if (head?.type === "VariableDeclaration" && head["kind"] !== "var") {
      for (const name of declarationNames(head)) scope.names.add(name);
    }
    if (node.type === "ForStatement" || head?.type === "VariableDeclaration") {
      this.visit(head, scope);
    } else {
      this.#visitPattern(head, scope, "write");
    }
    for (const part of ["test", "update", "right", "body"]) this.visit(child(node, part), scope);
  }

  #visitCatch(node: SyntaxNode, outer: Scope): void {
    const param = child(node, "param");
    const scope: Scope = { names: new Set(boundNames(param)), outer };
    this.#visitPattern(param, scope, undefined);
    this.visit(child(node, "body"), scope);
  }

  #visitExport(node: SyntaxNode, scope: Scope): void {
    if (node["exportKind"] === "type") return;
    this.visit(child(node, "declaration"), scope);
    if (child(node, "source") !== undefined) return;
    for (const specifier of children(node, "specifiers")) {
      if (specifier["exportKind"] !== "type") this.visit(child(specifier, "local"), scope);
    }
  }
}
