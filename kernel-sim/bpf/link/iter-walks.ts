/** What iterators go over. */
import type { CurrentTask } from "../current-task.ts";
import type { IterWalk } from "../iter-file.ts";
import type { KallsymIter } from "../kallsyms.ts";
import type { BpfKernel } from "../kernel.ts";

const NOTHING = () => {};

/** All objects of a kind, by their numbers. @linux kernel/bpf/prog_iter.c, kernel/bpf/link_iter.c (6.18) */
export function objectWalk(kernel: BpfKernel, kind: "prog" | "link"): IterWalk {
  let after = 0;
  const found = () => kernel.objects.nextId(kind, after);
  return {
    words: 1,
    current() {
      const id = found();
      if (id === undefined) return undefined;
      return [kernel.structs.addressOf(`bpf_${kind}`, kernel.objects.byId(kind, id)!)];
    },
    next() {
      after = found() ?? after;
    },
    end: NOTHING,
  };
}

/** The kernel's symbols; the one place that programs see is the walk's own. @linux kernel/kallsyms.c `bpf_iter_ksym_ops` (6.18) */
export function symbolWalk(kernel: BpfKernel): IterWalk {
  const { living } = kernel;
  const symbols = kernel.kallsyms.all(living?.showsProgramSymbols !== false);
  const iter: KallsymIter = {
    pos: 0,
    symbol: symbols.next().value,
    showValue: kernel.showsAddresses,
  };
  return {
    words: 1,
    current: () =>
      iter.symbol === undefined ? undefined : [kernel.structs.addressOf("kallsym_iter", iter)],
    next() {
      iter.pos++;
      iter.symbol = symbols.next().value;
    },
    end: NOTHING,
  };
}

/** Which tasks an iterator goes over. */
export interface TaskChoice {
  isWanted(task: CurrentTask): boolean;
  /** One thread alone: what it shares with others is its own. */
  readonly isThread: boolean;
}

/** All open files. @linux kernel/bpf/task_iter.c `task_file_seq_ops` (6.18) */
export function fileWalk(kernel: BpfKernel, choice: TaskChoice): IterWalk {
  return entryWalk(kernel, choice, 3, function* (task) {
    for (const [fd, file] of kernel.living?.openFiles(task.identity!) ?? []) {
      yield () => [fd, kernel.structs.addressOf("file", file)];
    }
  });
}

/** All areas of memory. @linux kernel/bpf/task_iter.c `task_vma_seq_ops` (6.18) */
export function areaWalk(kernel: BpfKernel, choice: TaskChoice): IterWalk {
  return entryWalk(kernel, choice, 2, function* ({ mm }) {
    // The next one is sought by where this one ends: meanwhile there may be others.
    let end = 0;
    for (;;) {
      const area = mm?.vmas?.find((each) => each.end > end);
      if (area === undefined) return;
      end = area.end;
      yield () => [kernel.structs.addressOf("vm_area_struct", area)];
    }
  });
}

/** What each of the tasks has, behind the address of the task. */
function entryWalk(
  kernel: BpfKernel,
  { isWanted, isThread }: TaskChoice,
  words: number,
  entriesOf: (task: CurrentTask) => Iterable<() => readonly number[]>,
): IterWalk {
  const tasks = [...(kernel.living?.threads() ?? [])].filter(isWanted);
  function* all() {
    for (const task of tasks) {
      // Of threads that share their files the first stands for all.
      if (!isThread && kernel.living?.sharesFiles(task.identity!) === true) continue;
      for (const entry of entriesOf(task)) {
        yield () => [kernel.tasks.addressOf(task), ...entry()];
      }
    }
  }
  const walk = all();
  let now = walk.next();
  return {
    words,
    current: () => (now.done === true ? undefined : now.value()),
    next() {
      now = walk.next();
    },
    end: NOTHING,
  };
}
