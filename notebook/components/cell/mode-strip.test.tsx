import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { SessionCell } from "#notebook/session";
import { ModeStrip, ModesInWords } from "./mode-strip.tsx";

function cellWith(modes: object | undefined): SessionCell {
  return {
    output: { kind: "run", source: "", items: [], run: 0, modes },
  } as unknown as SessionCell;
}

test("the strip says by shape and in words where the time went", () => {
  const cell = cellWith({ user: 120, kernel: 510, interrupt: 1, idle: 369 });
  const html = renderToStaticMarkup(<ModeStrip cell={cell} />);
  expect(html).toContain(
    `aria-label="Time by mode: user 12\u00a0%, kernel 51\u00a0%, interrupt under 1\u00a0%, idle 37\u00a0%"`,
  );
  expect([...html.matchAll(/width="([\d.]+)"/g)].map(([, width]) => Number(width))).toEqual([
    120, 510, 1, 369,
  ]);
  expect(renderToStaticMarkup(<ModesInWords cell={cell} />)).toContain("user 12\u00a0%");
});

test("a cell that has run no program has no strip", () => {
  expect(renderToStaticMarkup(<ModeStrip cell={cellWith(undefined)} />)).toBe("");
});
