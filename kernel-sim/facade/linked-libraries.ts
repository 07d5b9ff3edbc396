import type { LoadedLibrary, SymbolBinding } from "../api-kernel.ts";
import type { Task } from "../kernel/task.ts";
import { linkerStateOf } from "../user/ld-so/linked-context.ts";

/** The files that the dynamic linker has loaded for a process. */
export function loadedLibraries(task: Task): readonly LoadedLibrary[] {
  const maps = linkerStateOf(task)?.maps ?? [];
  return Object.freeze(
    maps.map(({ name, base, needed }) =>
      Object.freeze({ name, base, needed: Object.freeze([...needed]) }),
    ),
  );
}

/** What it has bound. */
export function symbolBindings(task: Task): readonly SymbolBinding[] {
  const bindings = linkerStateOf(task)?.bindings ?? [];
  return Object.freeze(
    bindings.map((binding) =>
      Object.freeze({ ...binding, tried: Object.freeze([...binding.tried]) }),
    ),
  );
}
