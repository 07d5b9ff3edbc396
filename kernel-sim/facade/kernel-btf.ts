import type { KernelBtf } from "../api.ts";
import {
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FWD,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
} from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import { facade } from "./facade.ts";
import { neededPart } from "./parts.ts";

/** What C defines by a name, a definition before what only announces it. */
const NAMED_KINDS = [
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_TYPEDEF,
  BTF_KIND_FWD,
];

/**
 * The kernel's types as a cell sees them.
 *
 * @param assertOpen throws when the machine was closed
 */
export function kernelBtf(assertOpen: () => void, open: () => BpfKernel): KernelBtf {
  return facade({
    members(name: string) {
      const { tasks } = open();
      const struct = btfVmlinux().findByNameKind(String(name), BTF_KIND_STRUCT);
      if (struct?.kind !== BTF_KIND_STRUCT) {
        throw new TypeError(`the kernel has no struct "${String(name)}"`);
      }
      const { listMembers } = neededPart("kernel-types");
      return listMembers(btfVmlinux(), struct, (member) => tasks.isKept(String(name), member));
    },
    toC(name?: string) {
      assertOpen();
      const { btfToC, typeToC } = neededPart("kernel-types");
      const btf = btfVmlinux();
      if (name === undefined) return btfToC(btf).text;
      for (const kind of NAMED_KINDS) {
        const type = btf.findByNameKind(String(name), kind);
        if (type !== undefined) return typeToC(btf, type.id).text;
      }
      throw new TypeError(`the kernel has no type "${String(name)}"`);
    },
  });
}
