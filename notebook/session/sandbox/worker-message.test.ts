import { expect, test } from "vitest";
import { parseFromWorker } from "./worker-message.ts";

const result = (bundle: object) =>
  JSON.stringify({ type: "output", run: 1, output: { kind: "result", bundle } });

const NEWS = { type: "terminal", terminal: 1, data: "", typed: [], workMs: 0, isEnded: false };

test.each([
  { name: "something that is no text", data: { type: "ready" } },
  { name: "a text that is no JSON", data: "{" },
  { name: "an unknown type", data: '{"type":"navigate","to":"https://example.org"}' },
  {
    name: "an output of an unknown kind",
    data: '{"type":"output","run":1,"output":{"kind":"html"}}',
  },
  { name: "a bundle without a text", data: result({ "image/svg+xml": "<svg/>" }) },
  {
    name: "an interrupt that only the page can know of",
    data: '{"type":"done","run":1,"outcome":{"kind":"interrupted"}}',
  },
  { name: "news of a terminal without its fields", data: '{"type":"terminal","terminal":1}' },
  {
    name: "more of a terminal's output than it may print unseen",
    data: JSON.stringify({ ...NEWS, data: "x".repeat(65 * 1024) }),
  },
  {
    name: "something typed that nobody can type",
    data: JSON.stringify({ ...NEWS, typed: [{ at: 1, rows: 1e9, cols: 80 }] }),
  },
  { name: "more than 4 MiB", data: result({ "text/plain": "x".repeat(5 * 1024 * 1024) }) },
])("$name is no message", ({ data }) => {
  expect(parseFromWorker(data)).toBeUndefined();
});

test("of a bundle only what the page can draw comes through", () => {
  const bundle = {
    "text/plain": "a",
    "text/html": "<script>",
    "application/vnd.kernelbook.table+json": { columns: "not a list" },
    "image/svg+xml": "<svg></svg>",
  };
  expect(parseFromWorker(result(bundle))).toMatchObject({
    output: { bundle: { "text/plain": "a", "image/svg+xml": "<svg></svg>" } },
  });
  expect(JSON.stringify(parseFromWorker(result(bundle)))).not.toContain("script");
});
