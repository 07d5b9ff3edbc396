import { describe, expect, test } from "vitest";
import { attack, BARE_PLAYER, CANARY, earned, HONEST } from "./attack.ts";

/** `body` answers true when it has got what it wanted. */
const ATTACKS: readonly {
  readonly property: string;
  readonly name: string;
  readonly body: string;
}[] = [
  {
    name: "a patched method of all arrays",
    property: "intrinsics are frozen",
    body: "Array.prototype.push = () => 7; return [].push(1) === 7;",
  },
  {
    name: "a patched Object.prototype",
    property: "intrinsics are frozen",
    body: "Object.prototype.points = 1; return {}.points === 1;",
  },
  {
    name: "a patched JSON",
    property: "intrinsics are frozen",
    body: "const own = JSON.stringify; JSON.stringify = () => '1'; const hit = JSON.stringify(2) === '1'; JSON.stringify = own; return hit;",
  },
  {
    name: "a patched then of all promises",
    property: "intrinsics are frozen",
    body: "const own = () => 7; Promise.prototype.then = own; const hit = Promise.prototype.then === own; delete Promise.prototype.then; return hit;",
  },
  {
    name: "a patched iterator",
    property: "intrinsics are frozen",
    body: "const proto = Object.getPrototypeOf([][Symbol.iterator]()); proto.next = () => ({ done: true }); return [...[1, 2]].length === 0;",
  },
  {
    name: "a patched typed array",
    property: "intrinsics are frozen",
    body: "Object.getPrototypeOf(Uint8Array.prototype).slice = () => 7; return new Uint8Array(1).slice() === 7;",
  },
  {
    name: "the Function constructor",
    property: "no ambient authority",
    body: "return typeof (() => 0).constructor('return globalThis.Deno')() === 'object';",
  },
  {
    name: "the constructor of async functions",
    property: "no ambient authority",
    body: "const Make = (async () => 0).constructor; return typeof (await new Make('return globalThis.Deno')()) === 'object';",
  },
  {
    name: "the constructor of generators",
    property: "no ambient authority",
    body: "const Make = (function* () {}).constructor; return typeof new Make('return globalThis.Deno')().next().value === 'object';",
  },
  {
    name: "indirect eval",
    property: "no ambient authority",
    body: "const run = globalThis['ev' + 'al']; return typeof run('typeof Deno === \"object\" ? Deno : 0') === 'object';",
  },
  {
    name: "the host's globals",
    property: "no ambient authority",
    body: "return ['Deno', 'fetch', 'Worker', 'WebSocket'].some((name) => typeof globalThis[name] !== 'undefined');",
  },
  {
    name: "WebAssembly",
    property: "no machine code of the student's own",
    body: "return typeof globalThis.WebAssembly === 'object';",
  },
  {
    name: "the callers of a sloppy function",
    property: "no way up the stack",
    body: "const see = new Function('return see.caller'.replace('see', 'arguments.callee')); return typeof see() === 'function' || see() === null;",
  },
  {
    name: "the stack of an error",
    property: "nothing of the runtime is seen",
    body: "return /\\d+:\\d+/.test(String(new Error('x').stack));",
  },
  {
    name: "hooks into stack traces",
    property: "nothing of the runtime is seen",
    body: "let seen; Error.prepareStackTrace = (_, sites) => { seen = sites; return ''; }; String(new Error('x').stack); return Array.isArray(seen);",
  },
  {
    name: "the clock of the machine",
    property: "runs are deterministic",
    body: "return Math.abs(Date.now() - Date.UTC(2025, 10, 30)) > 86400e3;",
  },
];

describe.each(ATTACKS)("$name ($property)", ({ body }) => {
  const source = `${HONEST}export const breach = async () => { ${body} };`;

  test("fails, and what is right still counts", async () => {
    const result = await attack(source);
    expect(result.status).toBe("graded");
    expect(earned(result)).toEqual(["adds", "reverses"]);
    expect(JSON.stringify(result)).not.toMatch(CANARY);
  });

  test("control: without Compartment and lockdown it works", async () => {
    const result = await attack(source, { playerScript: BARE_PLAYER });
    expect(earned(result)).toContain("breach");
  });
});

test.each([
  {
    name: "dynamic import",
    source: "export const breach = () => import('node:fs');",
    says: "Line 4",
  },
  { name: "direct eval", source: "export const breach = () => eval('1');", says: "Line 4" },
  {
    name: "an import of a file",
    source: "import fs from 'node:fs'; export const breach = () => fs;",
    says: 'no module "node:fs"',
  },
  {
    name: "source that nests deeper than the parser can go",
    source: `export const breach = ${"(".repeat(100_000)}1${")".repeat(100_000)};`,
    says: "stack",
  },
  {
    name: "a chain so long that a walk over its tree overflows",
    source: `export const breach = x${".y".repeat(100_000)};`,
    says: "nests too deep",
  },
  {
    name: "source of more than 256 KiB",
    source: `// ${"x".repeat(256 * 1024)}`,
    says: "256 KiB",
  },
])("$name is refused with a reason", async ({ source, says }) => {
  const result = await attack(`${HONEST}${source}`);
  expect(result).toMatchObject({ status: "compile-error", score: 0 });
  expect(result.message).toContain(says);
});
