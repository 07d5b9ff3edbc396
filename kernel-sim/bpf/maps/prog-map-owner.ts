import { BPF_F_SLEEPABLE, type LoadedProgram } from "../program.ts";

/** What programs of one map have in common. */
type OwnerTraits = Pick<LoadedProgram, "type" | "expectedAttachType" | "progFlags">;

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
    if (owner.type !== program.type) return false;
    if ((differ & (BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS)) !== 0) return false;
    return !this.#isAttachTypeSame || owner.expectedAttachType === program.expectedAttachType;
  }
}
