import { describe } from "vitest";
import { attack, lastText } from "./attack.ts";

const NOT_ASKED = "a value is shown without asking it";
const BOUNDED = "output is limited";
const ENDS = "a run ends, and its successor starts clean";

describe("lying objects", () => {
  attack({
    name: "toString says something else",
    property: NOT_ASKED,
    cells: ["({ points: 0, toString() { return 'points: 100' } })"],
    reached: (aftermath) => lastText(aftermath) === "points: 100",
  });
  attack({
    name: "Symbol.toPrimitive says something else",
    property: NOT_ASKED,
    cells: ["({ points: 0, [Symbol.toPrimitive]: () => 'points: 100' })"],
    reached: (aftermath) => lastText(aftermath) === "points: 100",
  });
  attack({
    name: "Symbol.toStringTag makes a list of an object",
    property: NOT_ASKED,
    cells: ["({ get [Symbol.toStringTag]() { return 'points: 100' } })"],
    reached: (aftermath) => lastText(aftermath).includes("points: 100"),
  });
  attack({
    name: "toString throws into the runtime",
    property: NOT_ASKED,
    cells: ["({ a: 1, toString() { throw new Error('into the runtime') } })"],
    reached: (aftermath) => lastText(aftermath).includes("into the runtime"),
  });
  attack({
    name: "a trap of a proxy throws into the runtime",
    property: NOT_ASKED,
    cells: [
      "const bad = () => { throw new Error('into the runtime') };\nconst get = (_, key) => (key === 'then' ? undefined : bad());\nnew Proxy({}, { get, ownKeys: bad, getPrototypeOf: bad, getOwnPropertyDescriptor: bad, has: bad })",
    ],
    reached: (aftermath) => lastText(aftermath).includes("into the runtime"),
  });
  attack({
    name: "a thenable that never answers",
    property: ENDS,
    cells: ["({ then() {} })"],
    reached: ({ hung }) => hung,
  });
  attack({
    name: "valueOf of a message turns an error into another",
    property: NOT_ASKED,
    cells: [
      "const error = new Error('x');\nObject.defineProperty(error, 'message', { get: () => 'All tests passed' });\nthrow error",
    ],
    reached: (aftermath) => lastText(aftermath).includes("All tests passed"),
  });
});

describe("too much", () => {
  attack({
    name: "a flood of console.log",
    property: BOUNDED,
    cells: ["for (let i = 0; i < 20_000; i++) console.log('x'.repeat(200))"],
    reached: ({ bytes }) => bytes > 300_000,
  });
  attack({
    name: "one endless text",
    property: BOUNDED,
    cells: ["'x'.repeat(50_000_000)"],
    reached: ({ bytes }) => bytes > 300_000,
  });
  attack({
    name: "a million items",
    property: BOUNDED,
    cells: ["Array.from({ length: 1_000_000 }, (_, index) => index)"],
    reached: ({ bytes }) => bytes > 300_000,
  });
  attack({
    name: "an error with an endless message",
    property: BOUNDED,
    cells: ["throw new Error('x'.repeat(5_000_000))"],
    reached: ({ bytes }) => bytes > 300_000,
  });
});

describe("left behind", () => {
  attack({
    name: "a timer prints into the next cell",
    property: ENDS,
    cells: [
      "setInterval(() => console.log('left behind'), 1); 0",
      "await new Promise((done) => setTimeout(done, 50)); 1",
    ],
    reached: ({ texts }) => (texts[1] ?? []).some((text) => text.includes("left behind")),
  });
});
