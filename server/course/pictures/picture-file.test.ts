import { expect, test } from "vitest";
import { PICTURE_BYTES_MAX, readPicture } from "./picture-file.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEUlEQVR4nGNgYPjPAEJYGAAlhAX7oVVSsgAAAABJRU5ErkJggg==",
  "base64",
);
const svg = (inside: string, attributes = 'width="40" height="20"') =>
  new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>\n${inside}\n</svg>`,
  );

test("a picture has the type of its name, and a size", () => {
  expect(readPicture("pipe.png", PNG)).toEqual({
    kind: "picture",
    type: "image/png",
    size: { width: 2, height: 3 },
  });
  expect(readPicture("pipe.svg", svg(`<path d="M0 0h40"/>`))).toEqual({
    kind: "picture",
    type: "image/svg+xml",
    size: { width: 40, height: 20 },
  });
});

test.each([
  { name: "is called like none", file: "../pipe.png", bytes: PNG, says: /no name of a picture/ },
  { name: "may move", file: "pipe.gif", bytes: PNG, says: /no name of a picture/ },
  { name: "is of another type", file: "pipe.jpg", bytes: PNG, says: /no \.jpg, whatever/ },
  { name: "is a page", file: "pipe.png", bytes: Buffer.from("<html>"), says: /no \.png/ },
  {
    name: "is too long",
    file: "pipe.png",
    bytes: Buffer.concat([PNG, Buffer.alloc(PICTURE_BYTES_MAX)]),
    says: /2 MiB are the most/,
  },
  { name: "is cut off", file: "pipe.png", bytes: PNG.subarray(0, 14), says: /damaged/ },
  {
    name: "would fill the memory",
    file: "pipe.svg",
    bytes: svg("", 'width="100000" height="100000"'),
    says: /8000 a side/,
  },
  { name: "has no size", file: "pipe.svg", bytes: svg("", ""), says: /width and height/ },
])("a file that $name is refused", ({ file, bytes, says }) => {
  expect(readPicture(file, bytes)).toMatchObject({ kind: "refused", line: 1 });
  expect(readPicture(file, bytes)).toMatchObject({ message: expect.stringMatching(says) });
});

test.each([
  { name: "a script", inside: "<script>alert(1)</script>", says: /no <script>/ },
  { name: "HTML", inside: "<foreignObject/>", says: /no <foreignObject>/ },
  {
    name: "HTML's own elements",
    inside: '<h:body xmlns:h="http://www.w3.org/1999/xhtml"/>',
    says: /no <h:body>/,
  },
  { name: "a handler", inside: '<g onload="alert(1)"/>', says: /onload runs something/ },
  { name: "an animation", inside: '<set attributeName="href"/>', says: /no <set>/ },
  { name: "a link", inside: '<a href="javascript:alert(1)"/>', says: /no <a>/ },
  { name: "a part of elsewhere", inside: '<use href="https://x.example/#a"/>', says: /href leads/ },
  { name: "a picture of elsewhere", inside: '<image xlink:href="/me.png"/>', says: /href leads/ },
  {
    name: "an SVG inside",
    inside: '<image href="data:image/svg+xml;base64,PHN2Zz4="/>',
    says: /href leads/,
  },
  {
    name: "a style that fetches",
    inside: "<style>g { fill: url( 'https://x.example/') }</style>",
    says: /<style>: it fetches/,
  },
  { name: "an import", inside: "<style><![CDATA[@import '/x';]]></style>", says: /it fetches/ },
  { name: "a hidden import", inside: "<style>@\\69mport '/x';</style>", says: /it fetches/ },
  { name: "a fill from elsewhere", inside: '<g fill="url(//x.example#a)"/>', says: /fill fetches/ },
  { name: "an entity", inside: "&x;", says: /cannot be read/ },
  { name: "an open element", inside: "<g>", says: /cannot be read/ },
  { name: "an instruction", inside: '<?xml-stylesheet href="/x.css"?>', says: /xml-stylesheet/ },
  { name: "endless depth", inside: "<g>".repeat(70) + "</g>".repeat(70), says: /too deep/ },
])("an SVG with $name is refused at its line", ({ inside, says }) => {
  expect(readPicture("pipe.svg", svg(inside))).toEqual({
    kind: "refused",
    line: expect.toSatisfy((line: number) => line === 2 || line === 3),
    message: expect.stringMatching(says),
  });
});

test("an SVG may not declare entities, whatever they stand for", () => {
  const bytes = new TextEncoder().encode(
    `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`,
  );
  expect(readPicture("pipe.svg", bytes)).toMatchObject({
    message: expect.stringMatching(/DOCTYPE/),
  });
});

test("a drawing with styles, gradients, words and a drawing program's notes passes", () => {
  const inside = `<title>A pipe</title><style>.a { fill: url(#g); stroke: #123 }</style>
    <defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs>
    <metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:li r:resource="https://x.example/"/></r:RDF></metadata>
    <use xlink:href="#g"/><image href="data:image/png;base64,iVBORw0KGgo="/><text style="font-size: 12px">A</text>`;
  expect(readPicture("pipe.svg", svg(inside))).toMatchObject({ kind: "picture" });
});
