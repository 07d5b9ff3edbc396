import { expect, test } from "playwright/test";
import { cell, LECTURE, openLecture, output } from "./notebook-page.ts";

test("each output in the page is what a fresh run in this browser leaves behind", async ({
  page,
}) => {
  await openLecture(page);
  const count = await page.getByRole("region", { name: /^Cell \d+$/ }).count();
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const textsOf = () => Promise.all(numbers.map((n) => output(page, n).textContent()));
  const stored = await textsOf();
  expect(stored.every((text) => text?.trim() !== "")).toBe(true);
  for (const number of numbers) {
    await page.getByRole("button", { name: `Run cell ${number}`, exact: true }).click();
    await expect(cell(page, number).getByText(/^Ran in/)).toBeVisible();
  }
  expect(await textsOf()).toEqual(stored);
});

test("a lecture is taken away as a notebook and as TypeScript, under its name", async ({
  page,
  request,
}) => {
  await openLecture(page);
  const notebook = await request.get(`${LECTURE}/notebook.ipynb`);
  expect(notebook.headers()["content-disposition"]).toBe(
    'attachment; filename="11-ebpf-1-machine.ipynb"',
  );
  const { nbformat, cells } = await notebook.json();
  expect(nbformat).toBe(4);
  const codes = cells.filter((one: { cell_type: string }) => one.cell_type === "code");
  expect(codes).toHaveLength(await page.getByRole("region", { name: /^Cell \d+$/ }).count());
  expect(codes.every((one: { outputs: unknown[] }) => one.outputs.length > 0)).toBe(true);

  const cellsFile = await request.get(`${LECTURE}/cells.ts`);
  expect(cellsFile.headers()["content-disposition"]).toContain("11-ebpf-1-machine.ts");
  expect(await cellsFile.text()).toMatch(
    /^\/\/ L11: .*\n[\s\S]*import \{ .*boot.* \} from "kernel-sim"/,
  );
  expect((await request.get("/lectures/99-none/cells.ts")).status()).toBe(404);
});

test("a search answers headings and cells, whatever is asked", async ({ request }) => {
  const hitsOf = async (query: string) =>
    (await request.get(`/search/hits?q=${encodeURIComponent(query)}`)).json();
  const { hits } = await hitsOf("tristate numbers");
  expect(hits[0].href).toBe(`${LECTURE}#what-is-known-about-a-number`);
  expect((await hitsOf("map_value_or_null")).total).toBeGreaterThan(1);
  expect(await hitsOf("<script>alert(1)</script>")).toMatchObject({ total: expect.any(Number) });
  expect(await hitsOf("")).toMatchObject({ hits: [], total: 0 });
});
