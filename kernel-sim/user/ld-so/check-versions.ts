import type { LinkMap } from "./link-map.ts";
import type { LinkerState } from "./linker-state.ts";

/** A version that a file expects and does not get, in glibc's words. */
interface VersionProblem {
  readonly message: string;
  /** The program cannot begin. A library that knows of no versions is taken as it is. */
  readonly isFatal: boolean;
}

/**
 * Looks whether libraries still have the versions that files were linked against.
 *
 * @spec glibc elf/dl-version.c `_dl_check_map_versions`
 */
export function checkVersions(
  state: LinkerState,
  maps: readonly LinkMap[],
): readonly VersionProblem[] {
  const problems: VersionProblem[] = [];
  for (const map of maps) {
    const by = `(required by ${map.name})`;
    for (const { file, versions } of map.neededVersions) {
      const library = state.maps.find((one) => !one.isMain && one.isCalled(file));
      if (library === undefined) continue;
      const defined = library.definedVersions;
      for (const { name } of versions) {
        if (defined === undefined) {
          const message = `${library.name}: no version information available ${by}`;
          problems.push({ message, isFatal: false });
        } else if (![...defined].some(([index, one]) => index > 1 && one === name)) {
          const message = `${library.name}: version \`${name}' not found ${by}`;
          problems.push({ message, isFatal: true });
        }
      }
    }
  }
  return problems;
}
