import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { BarChart } from "./bar-chart.tsx";

const bars = [
  { key: "a", label: "1.1", name: "1.1 <b>Sums</b>", whole: 3, part: 1 },
  { key: "b", label: "1.2", name: "1.2 Tails", whole: 2, part: undefined },
];

function markup(): string {
  return renderToStaticMarkup(
    BarChart({ whole: "tried", part: "full points", caption: "students, by exercise", bars }),
  );
}

test("a chart is an image with a name, and its columns say what they stand for", () => {
  const html = markup();
  expect(html).toContain('role="img"');
  expect(html).toContain(
    'aria-label="Chart: full points and tried students, by exercise. The table has the same numbers."',
  );
  expect(html).toContain(">1.1</text>");
  expect(html).toContain("1.2 Tails: full points –, tried 2");
  // Two pale bars, and a dark one.
  expect(html.match(/<rect /g)).toHaveLength(3);
});

test("what people have written stays text, and no rule or script comes with the chart", () => {
  const html = markup();
  expect(html).not.toContain("<b>");
  expect(html).toContain("&lt;b&gt;Sums&lt;/b&gt;");
  expect(html).not.toMatch(/<style|<script|style=/);
});
