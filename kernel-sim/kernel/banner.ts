import type { Kernel } from "./kernel.ts";
import type { UtsNamespace } from "./utsname.ts";

/** What the boot loader has told the kernel. @linux init/main.c `saved_command_line` (6.18) */
export function bootParameters(kernel: Kernel): { commandLine: string } {
  return kernel.subsystem("boot.parameters", () => ({ commandLine: "root=rootfs quiet" }));
}

/** Who has built this kernel, with what. @linux init/version-timestamp.c `linux_banner` (6.18) */
export function linuxBanner({
  release,
  version,
}: Pick<UtsNamespace, "release" | "version">): string {
  return `Linux version ${release} (kernelbook@kernelbook) (TypeScript, Kernelbook) ${version}`;
}
