import type { MappingRow, PageRow, PageWalkRow } from "../api-observe.ts";
import { PAGE_ACCESSED, PAGE_DIRTY, PAGE_NX_HIGH, PAGE_RW, PageTable } from "../hw/page-table.ts";
import type { Task } from "../kernel/task.ts";
import type { Mm } from "../mm/mm.ts";
import { ptePfn, ptePresent } from "../mm/pgtable.ts";
import { columns, hex, listing } from "./listing.ts";
import { mapsOf } from "./process-memory.ts";

const PAGE_SIZE = 4096;
const PAGES_MAX = 4096;

/** The mappings of a process and what is present of them. */
export function mappingListing(task: Task | undefined): readonly MappingRow[] {
  const mm = task?.mm;
  // Perms and names as /proc/PID/maps has them: one line a mapping.
  const lines = task === undefined || mm === undefined ? [] : mapsOf(task).split("\n");
  const rows = (mm?.vmas ?? []).map((vma, i) => {
    const [, perms = "", offset = "0", , , ...name] = (lines[i] ?? "").split(/ +/);
    return {
      start: vma.start,
      end: vma.end,
      perms,
      pages: vma.pages,
      present: countPresent(mm!, vma.start, vma.end),
      offset: Number.parseInt(offset, 16),
      name: name.join(" "),
    };
  });
  return listing(rows, (all) =>
    columns(
      ["start", "end", "perms", "pages", "present", "name"],
      all.map((row) => [
        ...[hex(row.start), hex(row.end), row.perms, row.pages, row.present, row.name],
      ]),
    ),
  );
}

/** The pages that are present in a range, upwards. */
export function pageListing(
  task: Task | undefined,
  start: number,
  end: number,
): readonly PageRow[] {
  const rows: PageRow[] = [];
  const mm = task?.mm;
  for (const vma of mm?.vmas ?? []) {
    const from = Math.max(vma.start, Math.floor(start / PAGE_SIZE) * PAGE_SIZE);
    if (from >= Math.min(vma.end, end)) continue;
    mm!.tables.visit(from, Math.min(vma.end, end), (address, table, at, low) => {
      if (!ptePresent(low) || rows.length === PAGES_MAX) return;
      const pfn = ptePfn(low);
      rows.push({
        address,
        pfn,
        write: (low & PAGE_RW) !== 0,
        exec: (mm!.tables.highAt(table, at) & PAGE_NX_HIGH) === 0,
        accessed: (low & PAGE_ACCESSED) !== 0,
        dirty: (low & PAGE_DIRTY) !== 0,
        mapped: mm!.memory.allocator.pageOf(pfn).mapcount,
      });
    });
  }
  return listing(rows, (all) =>
    columns(
      ["address", "frame", "bits", "mapped"],
      all.map(({ address, pfn, write, exec, accessed, dirty, mapped }) => [
        hex(address),
        pfn,
        `r${write ? "w" : "-"}${exec ? "x" : "-"} ${accessed ? "a" : "-"}${dirty ? "d" : "-"}`,
        mapped,
      ]),
    ),
  );
}

/** The entries that lead to `address`. */
export function pageWalkListing(task: Task | undefined, address: number): readonly PageWalkRow[] {
  if (!Number.isSafeInteger(address)) {
    throw new TypeError(`pageWalk(): address is a whole number, not ${String(address)}`);
  }
  const mm = task?.mm;
  const steps =
    mm === undefined
      ? []
      : new PageTable(mm.memory.phys, mm.tables.mode, mm.rootPfn, () => -1).walk(address);
  const rows = steps.map((step) => ({
    level: step.level,
    table: step.tablePfn,
    index: step.index,
    entry: hex((step.high >>> 0) * 2 ** 32 + (step.low >>> 0)),
    present: step.present,
    pfn: step.pfn,
    write: step.write,
    user: step.user,
    noExec: step.noExec,
  }));
  return listing(rows, (all) =>
    columns(
      ["level", "table", "index", "entry", ""],
      all.map((row) => [
        ...[row.level, row.table, row.index, row.entry],
        row.present
          ? `frame ${row.pfn}${row.write ? " write" : ""}${row.user ? " user" : ""}${row.noExec ? " noexec" : ""}`
          : "not present",
      ]),
    ),
  );
}

function countPresent(mm: Mm, start: number, end: number): number {
  let present = 0;
  mm.tables.visit(start, end, (_address, _table, _at, low) => {
    if (ptePresent(low)) present++;
  });
  return present;
}
