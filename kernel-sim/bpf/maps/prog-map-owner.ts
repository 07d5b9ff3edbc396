import { BPF_F_SLEEPABLE, type LoadedProgram } from "../program.ts";
import {
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_STRUCT_OPS,
  BPF_PROG_TYPE_TRACING,
} from "../uapi.ts";

/** What programs of one map have in common. */
type OwnerTraits = Pick<
  LoadedProgram,
  "type" | "extendedType" | "expectedAttachType" | "progFlags" | "target"
>;

/** Of these only programs at the same kind of function go with each other. */
const AT_FUNCTIONS: readonly number[] = [
  BPF_PROG_TYPE_TRACING,
  BPF_PROG_TYPE_LSM,
  BPF_PROG_TYPE_EXT,
  BPF_PROG_TYPE_STRUCT_OPS,
];

const BPF_F_XDP_HAS_FRAGS = 1 << 5;

/**
 * The first program that a map of programs sees, whether it uses the map or is put in, decides which others may.
 *
 * @linux kernel/bpf/core.c `__bpf_prog_map_compatible` (6.18)
 */
export class ProgMapOwner {
  readonly #isAttachTypeSame: boolean;
  #owner: OwnerTraits | undefined;

  /** @param isAttachTypeSame as in program arrays, where one runs in the place of another */
  constructor(isAttachTypeSame: boolean) {
    this.#isAttachTypeSame = isAttachTypeSame;
  }

  isCompatible(program: OwnerTraits): boolean {
    this.#owner ??= program;
    const owner = this.#owner;
    const differ = owner.progFlags ^ program.progFlags;
    const type = typeOf(program);
    if (typeOf(owner) !== type) return false;
    if ((differ & (BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS)) !== 0) return false;
    const isSameProto = owner.target.funcProto === program.target.funcProto;
    if (!isSameProto && AT_FUNCTIONS.includes(type)) return false;
    return !this.#isAttachTypeSame || owner.expectedAttachType === program.expectedAttachType;
  }
}

/** An extension counts as what it extends. @linux include/linux/bpf_verifier.h `resolve_prog_type` (6.18) */
function typeOf({ type, extendedType }: OwnerTraits): number {
  return extendedType ?? type;
}
