import { describe } from "vitest";
import { attack, lastText, SANE } from "./attack.ts";

const FROZEN = "the language's own objects cannot be changed";
const CONFINED = "a cell reaches no global of its host";
const DETERMINED = "a run has neither time of day nor chance";
const NO_CODE = "nothing is loaded while a cell runs";
const HIDDEN = "stacks and callers of the runtime stay hidden";

describe("patched intrinsics", () => {
  attack({
    name: "Array.prototype.map answers what the student likes",
    property: FROZEN,
    cells: ["try { Array.prototype.map = () => ['forged'] } catch {}", "1"],
    reached: ({ sanity }) => sanity !== SANE,
  });
  attack({
    name: "Object.prototype gets a property that every object then has",
    property: FROZEN,
    cells: ["try { Object.prototype.isAdmin = true } catch {}", "({}).isAdmin"],
    reached: (aftermath) => lastText(aftermath) === "true",
  });
  attack({
    name: "the iterator of arrays is replaced under the runtime",
    property: FROZEN,
    cells: [
      "const it = Object.getPrototypeOf([][Symbol.iterator]());\ntry { it.next = () => ({ done: true }) } catch {}",
      "[...[1, 2, 3]].length",
    ],
    // The control breaks so thoroughly that its thread ends.
    reached: ({ sanity }) => sanity !== SANE,
  });
  attack({
    name: "Promise.prototype.then hears what the runtime waits for",
    property: FROZEN,
    cells: [
      "globalThis.heard = 0;\nconst { then } = Promise.prototype;\ntry { Promise.prototype.then = function (...all) { globalThis.heard++; return then.apply(this, all) } } catch {}",
      "await Promise.resolve(1).then(() => 1);\nglobalThis.heard > 0",
    ],
    reached: (aftermath) => lastText(aftermath) === "true",
  });
  attack({
    name: "String.prototype.replace forges what the platform writes",
    property: FROZEN,
    cells: ["try { String.prototype.replace = () => 'forged' } catch {}", "1"],
    reached: ({ sanity }) => sanity !== SANE,
  });
  attack({
    name: "a setter on Object.prototype catches what the runtime assigns",
    property: FROZEN,
    cells: [
      "let caught = '';\ntry { Object.defineProperty(Object.prototype, 'bundle', { set(value) { caught = 'yes' }, configurable: true }) } catch {}",
      "const made = {}; made.bundle = 1;\nObject.hasOwn(made, 'bundle')",
    ],
    reached: (aftermath) => lastText(aftermath) === "false",
  });
});

describe("ways out of the Compartment", () => {
  attack({
    name: "the constructor of a function makes a global function",
    property: CONFINED,
    cells: ["(() => {}).constructor('return typeof process')()"],
    reached: (aftermath) => lastText(aftermath).includes("object"),
  });
  attack({
    name: "the constructor of an async generator makes a global function",
    property: CONFINED,
    cells: ["await (async () => {}).constructor('return typeof process')()"],
    reached: (aftermath) => lastText(aftermath).includes("object"),
  });
  attack({
    name: "an indirect eval sees the host's globals",
    property: CONFINED,
    cells: ["(0, eval)('typeof process')"],
    reached: (aftermath) => lastText(aftermath).includes("object"),
  });
  attack({
    name: "fetch, WebSocket and the process are there by name",
    property: CONFINED,
    cells: ["[typeof process, typeof fetch, typeof WebSocket, typeof postMessage].join()"],
    reached: (aftermath) => lastText(aftermath).includes("object"),
  });
  attack({
    name: "`this` of a plain function is the global object",
    property: CONFINED,
    cells: ["(function () { return typeof this?.process })()"],
    reached: (aftermath) => lastText(aftermath).includes("object"),
  });
  attack({
    name: "WebAssembly's prototypes are patched under kernel-sim",
    property: "WebAssembly is neither there nor changed",
    cells: [
      "try { WebAssembly.Memory.prototype.grow = () => 'forged' } catch {}\ntypeof WebAssembly === 'undefined' ? 'absent' : String(WebAssembly.Memory.prototype.grow)",
    ],
    reached: (aftermath) => lastText(aftermath).includes("forged"),
  });
  attack({
    name: "the prototype of the host's DOMException is reached through structuredClone",
    property: FROZEN,
    cells: [
      "let found = 'none';\ntry { structuredClone(() => 1) } catch (error) {\n  try { Object.getPrototypeOf(error).toString = () => 'forged'; found = String(error) } catch {}\n}\nfound",
    ],
    reached: (aftermath) => lastText(aftermath).includes("forged"),
  });
  attack({
    name: "a module that another cell imports is changed",
    property: "what is imported cannot be changed",
    cells: [
      "import { secret } from 'library';\nimport * as all from 'library';\ntry { all.secret = () => 'forged' } catch {}",
      "import { secret } from 'library';\nsecret()",
    ],
    reached: (aftermath) => lastText(aftermath).includes("forged"),
  });
});

describe("code from outside", () => {
  attack({
    name: "import() in the cell",
    property: NO_CODE,
    cells: ["import('node:os').then((os) => os.EOL.length)"],
    reached: (aftermath) => lastText(aftermath) === "1",
  });
  attack({
    name: "import() in a text that is evaluated",
    property: NO_CODE,
    cells: ["await (0, eval)('imp' + 'ort(\"node:os\")').then((os) => os.EOL.length)"],
    reached: (aftermath) => lastText(aftermath) === "1",
  });
  attack({
    name: "import with a comment between word and bracket",
    property: NO_CODE,
    cells: ["await Function('return imp' + 'ort/**/(\"node:os\")')().then((os) => os.EOL.length)"],
    reached: (aftermath) => lastText(aftermath) === "1",
  });
});

describe("what runs underneath", () => {
  attack({
    name: "the stack of an error names the runtime's files",
    property: HIDDEN,
    cells: ["String(new Error('x').stack)"],
    reached: (aftermath) => lastText(aftermath).includes("driver.ts"),
  });
  attack({
    name: "Error.prepareStackTrace hands out call sites",
    property: HIDDEN,
    cells: [
      "try { Error.prepareStackTrace = (_, sites) => 'sites ' + sites.length } catch {}\nString(new Error('x').stack)",
    ],
    reached: (aftermath) => lastText(aftermath).includes("sites"),
  });
  attack({
    name: "fn.caller answers the function of the platform that called",
    property: HIDDEN,
    cells: [
      "let seen = 'nothing';\nfunction spy() { try { seen = String(spy.caller) } catch {} }\nplatform.call(spy);\nseen",
    ],
    reached: (aftermath) => lastText(aftermath).includes("callback"),
  });
  attack({
    name: "a stack of the student's own points at another line",
    property: "an error is shown at the line where it happened",
    cells: [
      "const error = new Error('x');\nObject.defineProperty(error, 'stack', { value: 'at kernelbook-source-0:42:1 at cell:42:1' });\nthrow error",
    ],
    reached: ({ frames }) => frames[0] === 41 || frames[0] === 42,
  });
  attack({
    name: "Date.now tells the time of day",
    property: DETERMINED,
    cells: ["Date.now() > Date.UTC(2026, 0, 1) || new Date().getTime() > Date.UTC(2026, 0, 1)"],
    reached: (aftermath) => lastText(aftermath) === "true",
  });
  attack({
    name: "Math.random differs from run to run",
    property: DETERMINED,
    cells: ["Math.random().toString()", "Math.random().toString()"],
    reached: ({ texts }) => texts[0]?.[0] !== texts[1]?.[0],
  });
});
