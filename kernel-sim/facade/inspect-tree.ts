import type { TreeRow } from "../api-observe.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../kernel/task.ts";
import { currentCall } from "./inspect-call.ts";
import { listing } from "./listing.ts";
import { stateLetter } from "./processes.ts";

/** Processes and threads, each below its parent, by pid. */
export function processTree(kernel: Kernel): readonly TreeRow[] {
  const tasks = [...kernel.tasks].sort((a, b) => a.pid - b.pid);
  const below = new Map<number, Task[]>();
  const pids = new Set(tasks.map((task) => task.pid));
  for (const task of tasks) {
    // Threads stand below their process, processes below the one that made them.
    const above = task.isThreadGroupLeader ? task.realParent.tgid : task.tgid;
    const parent = pids.has(above) && above !== task.pid ? above : 0;
    const siblings = below.get(parent) ?? [];
    siblings.push(task);
    below.set(parent, siblings);
  }
  const rows: TreeRow[] = [];
  const add = (task: Task, depth: number): void => {
    rows.push({
      pid: task.pid,
      tgid: task.tgid,
      ppid: task.realParent.tgid,
      depth,
      comm: task.comm,
      state: stateLetter(task),
      cpu: task.cpu,
      call: currentCall(task) ?? "",
    });
    for (const child of below.get(task.pid) ?? []) add(child, depth + 1);
  };
  for (const task of below.get(0) ?? []) add(task, 0);
  return listing(rows, treeText);
}

function treeText(rows: readonly TreeRow[]): string {
  return rows
    .map((row, i) => {
      const branch = row.depth === 0 ? "" : `${stems(rows, i)}${isLast(rows, i) ? "`-" : "|-"}`;
      const name = row.pid === row.tgid ? row.comm : `{${row.comm}}`;
      const call = row.call === "" ? "" : ` ${row.call}()`;
      return `${branch}${name},${row.pid} ${row.state}${call}`;
    })
    .join("\n");
}

/** Whether no row of the same parent follows. */
function isLast(rows: readonly TreeRow[], at: number): boolean {
  const { depth } = rows[at]!;
  for (let i = at + 1; i < rows.length && rows[i]!.depth >= depth; i++) {
    if (rows[i]!.depth === depth) return false;
  }
  return true;
}

/** The lines that pass by on the left, for ancestors that have more children. */
function stems(rows: readonly TreeRow[], at: number): string {
  let text = "";
  let { depth } = rows[at]!;
  for (let i = at - 1; i >= 0 && depth > 1; i--) {
    if (rows[i]!.depth !== depth - 1) continue;
    depth--;
    text = (isLast(rows, i) ? "  " : "| ") + text;
  }
  return text;
}
