/**
 * A value as text. What a value says about itself is not asked: no getter, `toString` or
 * `Symbol.toStringTag` of it is called, only own properties that hold data are read. A proxy runs
 * its traps whatever one does; what they throw is caught, and what they answer is only text.
 */

/** How much of a value is shown. */
export interface InspectLimits {
  readonly depth: number;
  /** Of one list or object. */
  readonly items: number;
  /** Of one string. */
  readonly characters: number;
  /** Of the whole text. */
  readonly total: number;
}

export const DEFAULT_LIMITS: InspectLimits = {
  depth: 4,
  items: 100,
  characters: 10_000,
  total: 64 * 1024,
};

/** Longer than this, an object takes a line for each of its items. */
const LINE_WIDTH = 72;

const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayTag = getterOf(typedArrayPrototype, Symbol.toStringTag);
const typedArrayLength = getterOf(typedArrayPrototype, "length");
const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");
const regExpSource = getterOf(RegExp.prototype, "source");
const regExpFlags = getterOf(RegExp.prototype, "flags");
const bufferLength = getterOf(ArrayBuffer.prototype, "byteLength");
const { toString: functionText } = Function.prototype;
const { toISOString } = Date.prototype;
const { entries: mapEntries } = Map.prototype;
const { values: setValues } = Set.prototype;

/** Answers a text for any value, whatever it is and does. */
export function inspect(value: unknown, limits: InspectLimits = DEFAULT_LIMITS): string {
  try {
    return new Inspector(limits).text(value, 0);
  } catch {
    // A trap of a proxy threw, or a value is nested beyond the stack.
    return "[unreadable]";
  }
}

/** As `console.log` prints: strings as they are, everything else inspected, spaces between. */
export function inspectAll(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}

/** An own property that holds data; undefined for a getter, a lie or nothing. */
export function ownData(value: object, key: PropertyKey): unknown {
  try {
    return Reflect.getOwnPropertyDescriptor(value, key)?.value;
  } catch {
    return undefined;
  }
}

class Inspector {
  readonly #limits: InspectLimits;
  readonly #above = new Set<object>();
  #left: number;

  constructor(limits: InspectLimits) {
    this.#limits = limits;
    this.#left = limits.total;
  }

  text(value: unknown, depth: number): string {
    if (this.#left <= 0) return "…";
    const text = this.#textOf(value, depth);
    this.#left -= Math.min(text.length, 200);
    return text;
  }

  #textOf(value: unknown, depth: number): string {
    switch (typeof value) {
      case "string":
        return this.#quoted(value);
      case "bigint":
        return this.#cut(`${value}n`);
      case "symbol":
        return this.#cut(Symbol.prototype.toString.call(value));
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "object":
        return value === null ? "null" : this.#objectText(value, depth);
      case "function":
        return this.#functionName(value);
      default:
        return String(value);
    }
  }

  #quoted(text: string): string {
    return JSON.stringify(this.#cut(text));
  }

  #cut(text: string): string {
    const { characters } = this.#limits;
    if (text.length <= characters) return text;
    return `${text.slice(0, characters)}… ${text.length - characters} more characters`;
  }

  #functionName(value: object): string {
    const name = ownData(value, "name");
    const isClass = attempt(() => functionText.call(value).startsWith("class")) === true;
    const label = typeof name === "string" && name !== "" ? ` ${this.#cut(name)}` : "";
    return isClass ? `[class${label}]` : `[function${label}]`;
  }

  #objectText(value: object, depth: number): string {
    if (this.#above.has(value)) return "[circular]";
    this.#above.add(value);
    try {
      return (
        this.#listText(value, depth) ??
        this.#builtInText(value, depth) ??
        this.#errorText(value) ??
        this.#plainText(value, depth)
      );
    } catch {
      return "[unreadable]";
    } finally {
      this.#above.delete(value);
    }
  }

  #listText(value: object, depth: number): string | undefined {
    const typed = attempt(() => typedArrayTag.call(value));
    if (typeof typed === "string") {
      const list = value as Uint8Array;
      const length = Number(typedArrayLength.call(list));
      const shown = Math.min(length, this.#limits.items);
      const items = Array.from({ length: shown }, (_, index) => this.text(list[index], depth));
      return `${typed}(${length}) ${this.#bracketed("[", items, length - shown, "]")}`;
    }
    if (!Array.isArray(value)) return undefined;
    if (depth > this.#limits.depth) return "[Array]";
    const length = Number(ownData(value, "length"));
    const shown = Math.min(length, this.#limits.items);
    const items = Array.from({ length: shown }, (_, index) =>
      this.#propertyText(value, String(index), depth),
    );
    return this.#bracketed("[", items, length - shown, "]");
  }

  #builtInText(value: object, depth: number): string | undefined {
    const isTooDeep = depth > this.#limits.depth;
    const entries = attempt(() => Number(mapSize.call(value)));
    if (entries !== undefined) {
      if (isTooDeep) return "[Map]";
      const shown = [...take(mapEntries.call(value as Map<unknown, unknown>), this.#limits.items)];
      const items = shown.map(
        ([key, item]) => `${this.text(key, depth + 1)} => ${this.text(item, depth + 1)}`,
      );
      return `Map(${entries}) ${this.#bracketed("{", items, entries - shown.length, "}")}`;
    }
    const members = attempt(() => Number(setSize.call(value)));
    if (members !== undefined) {
      if (isTooDeep) return "[Set]";
      const shown = [...take(setValues.call(value as Set<unknown>), this.#limits.items)];
      const items = shown.map((item) => this.text(item, depth + 1));
      return `Set(${members}) ${this.#bracketed("{", items, members - shown.length, "}")}`;
    }
    const date = attempt(() => toISOString.call(value as Date));
    if (date !== undefined) return date;
    const source = attempt(() => `/${regExpSource.call(value)}/${regExpFlags.call(value)}`);
    // The prototype itself has a source, too, but is no regular expression.
    if (source !== undefined && value !== RegExp.prototype) return this.#cut(source);
    const bytes = attempt(() => Number(bufferLength.call(value)));
    return bytes === undefined ? undefined : `ArrayBuffer(${bytes})`;
  }

  #errorText(value: object): string | undefined {
    if (attempt(() => value instanceof Error) !== true) return undefined;
    const { name, message } = errorWords(value);
    return this.#cut(message === "" ? `[${name}]` : `[${name}: ${message}]`);
  }

  #plainText(value: object, depth: number): string {
    const className = classNameOf(value);
    if (depth > this.#limits.depth) return `[${className ?? "Object"}]`;
    const keys = Reflect.ownKeys(value).filter(
      (key) => Reflect.getOwnPropertyDescriptor(value, key)?.enumerable === true,
    );
    const shown = keys.slice(0, this.#limits.items);
    const items = shown.map((key) => `${keyText(key)}: ${this.#propertyText(value, key, depth)}`);
    const text = this.#bracketed("{", items, keys.length - shown.length, "}");
    return className === undefined || className === "Object" ? text : `${className} ${text}`;
  }

  #propertyText(value: object, key: PropertyKey, depth: number): string {
    const property = Reflect.getOwnPropertyDescriptor(value, key);
    if (property === undefined) return "<empty>";
    if (property.get !== undefined || property.set !== undefined) return "[getter]";
    return this.text(property.value, depth + 1);
  }

  #bracketed(open: string, items: readonly string[], more: number, close: string): string {
    const all = more > 0 ? [...items, `… ${more} more`] : items;
    if (all.length === 0) return open + close;
    const isList = open === "[";
    const width = all.reduce((sum, item) => sum + item.length + 2, 2);
    const fits = width <= LINE_WIDTH && !all.some((item) => item.includes("\n"));
    if (fits) return isList ? `[${all.join(", ")}]` : `${open} ${all.join(", ")} ${close}`;
    if (isList && all.every((item) => item.length <= 12)) return wrapped(all);
    const lines = all.map((item) => `  ${item.replaceAll("\n", "\n  ")}`);
    return `${open}\n${lines.join(",\n")}\n${close}`;
  }
}

/** Short items of a list, several on a line. */
function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  let line = "";
  for (const item of items) {
    if (line.length + item.length + 2 > LINE_WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? `  ${item},` : ` ${item},`;
  }
  lines.push(line.slice(0, -1));
  return `[\n${lines.join("\n")}\n]`;
}

function keyText(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${Symbol.prototype.toString.call(key)}]`;
  const name = String(key);
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return name;
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** Name and message of an error, read as data only. */
export function errorWords(error: object): { name: string; message: string } {
  const message = ownData(error, "message");
  return {
    name: dataAlongChain(error, "name") ?? "Error",
    message: typeof message === "string" ? message : "",
  };
}

function classNameOf(value: object): string | undefined {
  const prototype = Reflect.getPrototypeOf(value);
  if (prototype === null) return undefined;
  const maker = ownData(prototype, "constructor");
  const name = typeof maker === "function" ? ownData(maker, "name") : undefined;
  return typeof name === "string" && name !== "" ? name.slice(0, 100) : undefined;
}

/** The first string that is data under `key`, on the object or above it. */
function dataAlongChain(value: object, key: string): string | undefined {
  let at: object | null = value;
  for (let steps = 0; at !== null && steps < 20; steps++) {
    const found = ownData(at, key);
    if (typeof found === "string") return found.slice(0, 200);
    // After the lockdown, the name of a built-in error stands behind an accessor.
    const kind = BUILT_IN_ERRORS.get(at);
    if (key === "name" && kind !== undefined) return kind;
    at = Reflect.getPrototypeOf(at);
  }
  return undefined;
}

const BUILT_IN_ERRORS: ReadonlyMap<object, string> = new Map(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ].map(({ prototype, name }) => [prototype, name] as const),
);

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function getterOf(prototype: object, key: PropertyKey): (this: unknown) => unknown {
  const getter = Reflect.getOwnPropertyDescriptor(prototype, key)?.get;
  if (getter === undefined) throw new TypeError(`no getter ${String(key)}`);
  return getter;
}
