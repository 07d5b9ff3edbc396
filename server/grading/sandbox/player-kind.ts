/** Which of the two players a submission gets: most of what a boot costs is the kernel that runs programs. */

export type PlayerKind = "player" | "bpf-player";

/**
 * Whatever could ask for the kernel: its doors, generator functions, and roundabout ways to a global.
 * A word too many costs a tenth of a second, one too few would be a wrong grade.
 */
const MAY_NEED_KERNEL =
  /\b(?:boot|explore|i386|x86|SYSCALL_DEFINE|systemCalls|sys|globalThis|eval|Function)\b|\*\s*as\b|function\s*\*|\*\s*[\w$#[\]"']+\s*\(|\\u/;

export function playerKindFor(source: string): PlayerKind {
  return MAY_NEED_KERNEL.test(source) ? "player" : "bpf-player";
}
