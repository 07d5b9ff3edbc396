/** Who may look into a process and whether it leaves a core: values of `MmFlags.dumpable`. */
export const SUID_DUMP_USER = 1;

/** Values of `MmFlags.mdwe`. */
export const MDWE_REFUSE_EXEC_GAIN = 1;
export const MDWE_NO_INHERIT = 2;

/**
 * What prctl says about a whole address space.
 *
 * @linux include/linux/mm_types.h `MMF_…` (6.18)
 */
export class MmFlags {
  dumpable = SUID_DUMP_USER;
  /** 0: huge pages as usual; 1: none; 3: only where madvise asks for them. */
  thpDisable = 0;
  /** Memory that was writable never becomes executable (PR_SET_MDWE). */
  mdwe = 0;
  /** Pages of equal contents may be shared (PR_SET_MEMORY_MERGE). */
  isMergeable = false;

  /** The flags of a child's memory, and of a new program's. @linux `mmf_init_flags` */
  inherited(): MmFlags {
    const flags = new MmFlags();
    flags.dumpable = this.dumpable;
    flags.thpDisable = this.thpDisable;
    flags.mdwe = (this.mdwe & MDWE_NO_INHERIT) === 0 ? this.mdwe : 0;
    flags.isMergeable = this.isMergeable;
    return flags;
  }
}
