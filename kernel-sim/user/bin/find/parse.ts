import { answer } from "../../sh/answer.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";
import { execAction } from "./exec.ts";
import { FindError, type FindPlan, type Predicate, type Search } from "./expression.ts";
import { predicateOf, print } from "./predicates.ts";

const OPTIONS = new Set(["-maxdepth", "-mindepth", "-depth", "-xdev", "-mount"]);
const ACTIONS = new Set([
  "-print",
  "-print0",
  "-printf",
  "-exec",
  "-ok",
  "-delete",
  "-quit",
  "-ls",
]);

/** Reads the expression behind the paths: `!`, then and, `-o`, and `,` bind less and less. */
export function* parseFind(sys: Sys, words: readonly string[]): SysCall<FindPlan> {
  const parser = new FindParser(sys, words);
  return yield* parser.plan();
}

class FindParser {
  readonly #sys: Sys;
  readonly #words: readonly string[];
  readonly #atEnd: ((search: Search) => SysCall<void>)[] = [];
  #at = 0;
  #hasAction = false;
  #minDepth = 0;
  #maxDepth = Number.POSITIVE_INFINITY;
  #isDepthFirst = false;
  #isOneDevice = false;

  constructor(sys: Sys, words: readonly string[]) {
    this.#sys = sys;
    this.#words = words;
  }

  *plan(): SysCall<FindPlan> {
    let test = this.#words.length === 0 ? always : yield* this.#list();
    const left = this.#words[this.#at];
    if (left === ")") {
      throw new FindError("you have too many ')'");
    }
    if (left !== undefined) {
      throw new FindError(`paths must precede expression: \`${left}'`);
    }
    if (!this.#hasAction) test = both(test, print("\n"));
    return {
      test,
      atEnd: this.#atEnd,
      minDepth: this.#minDepth,
      maxDepth: this.#maxDepth,
      isDepthFirst: this.#isDepthFirst,
      isOneDevice: this.#isOneDevice,
    };
  }

  *#list(): SysCall<Predicate> {
    let left = yield* this.#or();
    while (this.#words[this.#at] === ",") {
      this.#at++;
      const [first, second] = [left, yield* this.#or()];
      left = function* (found, search) {
        yield* first(found, search);
        return yield* second(found, search);
      };
    }
    return left;
  }

  *#or(): SysCall<Predicate> {
    let left = yield* this.#and();
    while (/^-o(?:r)?$/.test(this.#words[this.#at] ?? "")) {
      this.#at++;
      const [first, second] = [left, yield* this.#and()];
      left = function* (found, search) {
        return (yield* first(found, search)) || (yield* second(found, search));
      };
    }
    return left;
  }

  *#and(): SysCall<Predicate> {
    let left = yield* this.#not();
    for (;;) {
      const word = this.#words[this.#at];
      if (word === undefined || /^(?:-o|-or|,|\))$/.test(word)) return left;
      if (word === "-a" || word === "-and") this.#at++;
      left = both(left, yield* this.#not());
    }
  }

  *#not(): SysCall<Predicate> {
    const word = this.#words[this.#at++];
    if (word === undefined || word === "-o" || word === "-a") {
      const before = this.#words[this.#at - 2];
      throw new FindError(
        before === undefined || word !== undefined
          ? `invalid expression; you have used a binary operator '${word}' with nothing before it.`
          : `expected an expression after '${before}'`,
      );
    }
    if (word === "!" || word === "-not") {
      const inner = yield* this.#not();
      return function* (found, search) {
        return !(yield* inner(found, search));
      };
    }
    if (word === "(") {
      if (this.#words[this.#at] === ")") {
        throw new FindError("invalid expression; empty parentheses are not allowed.");
      }
      const inner = yield* this.#list();
      if (this.#words[this.#at++] !== ")") {
        throw new FindError(
          "invalid expression; I was expecting to find a ')' somewhere but did not see one.",
        );
      }
      return inner;
    }
    if (!word.startsWith("-")) throw new FindError(`paths must precede expression: \`${word}'`);
    if (ACTIONS.has(word)) this.#hasAction = true;
    if (OPTIONS.has(word)) return this.#option(word);
    if (word === "-exec" || word === "-ok") return this.#exec(word);
    if (word === "-delete") this.#isDepthFirst = true;
    return yield* predicateOf(this.#sys, word, () => this.#argument(word));
  }

  #argument(name: string): string {
    const value = this.#words[this.#at++];
    if (value === undefined) throw new FindError(`missing argument to \`${name}'`);
    return value;
  }

  #option(name: string): Predicate {
    if (name === "-depth") this.#isDepthFirst = true;
    else if (name === "-xdev" || name === "-mount") this.#isOneDevice = true;
    else {
      const value = this.#argument(name);
      if (!/^\d+$/.test(value)) {
        throw new FindError(
          `Expected a positive decimal integer argument to ${name}, but got '${value}'`,
        );
      }
      if (name === "-maxdepth") this.#maxDepth = Number(value);
      else this.#minDepth = Number(value);
    }
    return always;
  }

  #exec(name: string): Predicate {
    const from = this.#at;
    let end = from;
    const isEnd = (i: number) =>
      this.#words[i] === ";" || (this.#words[i] === "+" && this.#words[i - 1] === "{}");
    while (end < this.#words.length && !isEnd(end)) end++;
    if (end >= this.#words.length || end === from) {
      throw new FindError(`missing argument to \`${name}'`);
    }
    this.#at = end + 1;
    const action = execAction(this.#words.slice(from, end), this.#words[end] === "+");
    this.#atEnd.push(action.atEnd);
    return action.test;
  }
}

function always(): SysCall<boolean> {
  return answer(true);
}

function both(first: Predicate, second: Predicate): Predicate {
  return function* (found, search) {
    return (yield* first(found, search)) && (yield* second(found, search));
  };
}
