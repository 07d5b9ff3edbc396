import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { type FigureData, linuxStatistics, unixFamily } from "#notebook/document";
import { CLAIMS } from "./annotated-post/claims.ts";
import { Figure } from "./figure.tsx";

function drawn(data: FigureData): string {
  const html = renderToStaticMarkup(
    <Figure id="fig" title="A title" caption="A caption." number="1.1" data={data}>
      <p>In words.</p>
    </Figure>,
  );
  return html.replaceAll("&#x27;", "'").replaceAll("&amp;", "&").replaceAll("&quot;", '"');
}

test("the post has each of its claims as a button, and with its fate and source as text", () => {
  const html = drawn({ name: "annotated-post" });
  for (const { quote, became, source } of CLAIMS) {
    expect(html).toContain(`<q>${quote}</q>`);
    expect(html).toContain(became);
    expect(html).toContain(source);
  }
});

test("a card says of a number without a source that nobody is named", () => {
  const html = drawn({ name: "statistic-card" });
  expect(html).toContain("nobody is named");
  for (const { value, population } of linuxStatistics) {
    expect(html).toContain(`${value} % of ${population}`);
  }
});

test("the family has every system as text, with what is open about it", () => {
  const html = drawn({ name: "unix-family" });
  for (const { name, open } of unixFamily) {
    expect(html).toContain(`: ${name}.`);
    if (open !== undefined) expect(html).toContain(`Open: ${open}.`);
  }
});

test("a write that has not come further than its library has reached no layer below", () => {
  const html = drawn({
    name: "write-layers",
    steps: [
      { layer: "program", text: "putc", says: "Letters.", ns: 0 },
      { layer: "library", text: "buffer", says: "Kept.", ns: 0 },
      { layer: "call", text: "write", says: "Over.", ns: 1500 },
    ],
  });
  expect(html).toContain('data-layer="program" data-lit="true" data-reached="true"');
  expect(html).toContain('data-layer="call" data-lit="false" data-reached="false"');
  expect(html).toContain("1.5 µs: Over.");
});
