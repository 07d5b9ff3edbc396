import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { MarkdownText } from "./markdown-text.tsx";

const html = (text: string) => renderToStaticMarkup(<MarkdownText text={text} below={2} />);

test("Markdown is set below the headings of the page, with tables and code", () => {
  const set = html("# What\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nlet a;\n```\n");
  expect(set).toContain("<h3>What</h3>");
  expect(set).toContain("<td>1</td>");
  expect(set).toContain("let a;");
});

test.each([
  { name: "a script", text: "<script>alert(1)</script>", never: /<script|alert/ },
  { name: "HTML with a handler", text: '<img src="x" onerror="alert(1)">', never: /onerror|<img/ },
  { name: "a javascript: link", text: "[a](javascript:alert(1))", never: /javascript:/ },
  { name: "the same by an entity", text: "[a](java&#115;cript:alert(1))", never: /javascript:/ },
  { name: "a data: link", text: "[a](data:text/html,x)", never: /data:/ },
  {
    name: "a picture that somebody else hosts",
    text: "![p](https://evil.example/p.png)",
    never: /<img/,
  },
  {
    name: "a form",
    text: '<form action="https://evil.example"><input></form>',
    never: /<form|<input/,
  },
  { name: "a style", text: '<p style="position:fixed">x</p>', never: /style=/ },
  { name: "a frame", text: '<iframe src="https://evil.example"></iframe>', never: /<iframe/ },
])("$name does nothing", ({ text, never }) => {
  expect(html(text)).not.toMatch(never);
});
