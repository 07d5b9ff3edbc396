import { invariant } from "../../hw/simulator-bug.ts";
import { BTF_KIND_STRUCT } from "../btf/kinds.ts";
import { memberPlace } from "../btf/member-place.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";

/** Where fields of a structure of the kernel lie, in bytes. */
interface StructLayout<Field extends string> {
  readonly bytes: number;
  readonly offsets: Readonly<Record<Field, number>>;
}

/** A structure of the kernel, whose layout is read out of the kernel's types once somebody asks. */
export function kernelStruct<const Field extends string>(
  name: string,
  fields: readonly Field[],
): () => StructLayout<Field> {
  let known: StructLayout<Field> | undefined;
  return () => {
    known ??= layoutOf(name, fields);
    return known;
  };
}

function layoutOf<Field extends string>(
  name: string,
  fields: readonly Field[],
): StructLayout<Field> {
  const struct = btfVmlinux().findByNameKind(name, BTF_KIND_STRUCT);
  invariant(struct?.kind === BTF_KIND_STRUCT, `there is no struct ${name}`);
  const offsets = fields.map((field) => {
    const member = memberPlace(btfVmlinux(), struct, field);
    invariant(member !== undefined, `a ${name} has no ${field}`);
    return [field, member.start] as const;
  });
  return {
    bytes: struct.size,
    offsets: Object.fromEntries(offsets) as Readonly<Record<Field, number>>,
  };
}
