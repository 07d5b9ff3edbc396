import { describe } from "vitest";
import { attack, hasRun } from "./attack.ts";

const NOT_RUN = "no text of a lecture is run on the server";
const NO_HTML = "no HTML of a lecture's text reaches the page";
const NO_ADDRESS = "a link leads to the web or into the course, and nowhere else";

const RUN = "globalThis.attackRan = 1";

describe("code in the text", () => {
  for (const [name, text] of [
    ["an expression in a sentence", `One {${RUN}} two.`],
    ["an expression on a line of its own", `{${RUN}}`],
    ["an expression as an attribute", `<Note title={${RUN}}>\nText\n</Note>`],
    ["a spread attribute", `<Note {...(${RUN}, {})}>\nText\n</Note>`],
    ["an expression inside a component", `<Note>\n{(() => { ${RUN} })()}\n</Note>`],
    ["an export", `export const a = (${RUN});\n\nText.`],
    ["an import", `import fs from "node:fs";\n\nText.`],
    ["an expression in a heading", `## One {${RUN}}`],
    ["an expression in a table", `| a |\n| --- |\n| {${RUN}} |`],
    ["an expression that a link holds", `[{${RUN}}](https://example.org)`],
  ] as const) {
    attack({ name, property: NOT_RUN, text, reached: hasRun });
  }
});

describe("HTML in the text", () => {
  for (const [name, text, mark] of [
    ["a script", '<script src="https://evil.example/a.js"></script>', "<script"],
    ["a script that MDX cannot read", "<script>if (a < b) alert(1)</script>", "<script"],
    ["an image with an event handler", '<img src="x" onerror="alert(1)" />', "onerror"],
    ["an event handler on a component", '<Note onClick="alert(1)">\nText\n</Note>', "onClick"],
    [
      "inner HTML on a component",
      '<Note dangerouslySetInnerHTML="x">\nText\n</Note>',
      "dangerously",
    ],
    ["a style on a component", '<Note style="position:fixed">\nText\n</Note>', "position:fixed"],
    ["a frame", '<iframe srcdoc="<script>alert(1)</script>"></iframe>', "<iframe"],
    ["an SVG that loads", '<svg onload="alert(1)"><circle r="1" /></svg>', "onload"],
    ["a form", '<form action="https://evil.example"><button>Sign in</button></form>', "<form"],
    ["a style sheet", '<link rel="stylesheet" href="https://evil.example" />', "<link"],
    ["a base address", '<base href="https://evil.example" />', "<base"],
    ["a comment that hides a script", "<!-- --><script>alert(1)</script>", "<script"],
    ["an element of the page's own", '<kb-cell id="x" />', "kb-cell"],
    ["a name that every object has", '<constructor a="1" />', "<constructor"],
    ["the name of the prototype", '<__proto__ a="1" />', "<__proto__"],
    ["an image from elsewhere", "![seen](https://evil.example/who.png)", "evil.example"],
  ] as const) {
    attack({ name, property: NO_HTML, text, reached: (html) => html.includes(mark) });
  }
});

describe("links", () => {
  for (const [name, text, mark] of [
    ["a script as address", "[a](javascript:alert(1))", "javascript:"],
    ["in capitals", "[a](JaVaScRiPt:alert(1))", "JaVaScRiPt:"],
    ["in character references", "[a](&#106;avascript:alert(1))", "javascript:"],
    ["with a space in front", "[a](<  javascript:alert(1)>)", "javascript:"],
    ["by reference", "[a][b]\n\n[b]: javascript:alert(1)", "javascript:"],
    ["as the address of an image", "![a](javascript:alert(1))", "javascript:"],
    ["a document as address", "[a](data:text/html;base64,PHNjcmlwdD4=)", "data:text"],
    ["another script language", "[a](vbscript:msgbox)", "vbscript:"],
    ["a file", "[a](file:///etc/passwd)", "file:"],
    ["another host without a protocol", "[a](//evil.example/)", "//evil.example"],
    ["an address of the site's own that is no lecture", "[a](/signout)", "/signout"],
  ] as const) {
    attack({ name, property: NO_ADDRESS, text, reached: (html) => html.includes(mark) });
  }
});
