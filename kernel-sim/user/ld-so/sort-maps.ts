import type { LinkMap } from "./link-map.ts";

/**
 * The files of a process with each before what it needs; of files that need each other, one comes first. Where nothing
 * decides, the order of loading does.
 *
 * @spec glibc elf/dl-sort-maps.c `_dl_sort_maps_dfs`
 */
export function sortMaps(maps: readonly LinkMap[]): readonly LinkMap[] {
  const visited = new Set<LinkMap>();
  /** Filled from its end. */
  const sorted: LinkMap[] = [];
  const visit = (map: LinkMap): void => {
    if (visited.has(map)) return;
    visited.add(map);
    for (const name of map.needed) {
      const dependency = maps.find((at) => !at.isMain && at.isCalled(name));
      if (dependency !== undefined) visit(dependency);
    }
    sorted.unshift(map);
  };
  for (const map of maps.toReversed()) visit(map);
  // The program comes first, whatever needs it.
  const main = sorted.findIndex(({ isMain }) => isMain);
  return main <= 0 ? sorted : [sorted[main]!, ...sorted.toSpliced(main, 1)];
}
