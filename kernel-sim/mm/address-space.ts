/** A page of a file or of memory: 4096 bytes, shared by whoever maps it. */
export class Page {
  readonly bytes = new Uint8Array(4096);
  /** Mappings and the page cache that hold it. */
  refs = 1;
  isDirty = false;
}

/**
 * The pages of a file's contents by index.
 *
 * @linux include/linux/fs.h `struct address_space` (6.18)
 */
export class AddressSpace {
  readonly pages = new Map<number, Page>();
}
