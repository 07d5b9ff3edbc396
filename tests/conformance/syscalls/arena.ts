import { PROGRAM_BSS } from "../../../kernel-sim/user/program-file.ts";

/** Where the zeroed part of /bin/agent lies. */
const BSS_START = PROGRAM_BSS;
export const BSS_BYTES = 3 << 20;
/** Where init has its children's statuses written. */
export const STATUS_ADDRESS = BSS_START;

const ARENA_START = BSS_START + 4096;
const ARENA_END = BSS_START + BSS_BYTES;
const ALIGN = 64;

/** Room for arguments in the memory of a process. */
export class Arena {
  /** Set when a command begins: what was placed for it is free when the next one is prepared. */
  isStale = false;
  private floor: number;
  private top: number;

  constructor(floor = ARENA_START) {
    this.floor = floor;
    this.top = floor;
  }

  /** What lay there for the command before, so that it can be wiped out. */
  reclaim(): { readonly start: number; readonly bytes: number } {
    const used = { start: this.floor, bytes: this.isStale ? this.top - this.floor : 0 };
    if (this.isStale) this.top = this.floor;
    this.isStale = false;
    return used;
  }

  alloc(bytes: number): number {
    const at = this.top;
    this.top += Math.ceil((bytes + 1) / ALIGN) * ALIGN;
    if (this.top > ARENA_END) throw new Error(`the arguments are too large: ${bytes} bytes more`);
    return at;
  }

  allocForGood(bytes: number): number {
    const at = this.alloc(bytes);
    this.floor = this.top;
    return at;
  }

  /** A child may share the memory in which its parent's arguments still lie. */
  fork(): Arena {
    return new Arena(this.top);
  }
}
