import type { Vma } from "./vma.ts";

/**
 * The mappings in which pages of one anonymous mapping may be found: those of the process that made them
 * and of its children.
 *
 * @linux include/linux/rmap.h `struct anon_vma` (6.18)
 */
export class AnonVma {
  readonly root: AnonVma;
  readonly parent: AnonVma;
  /** Children in the sense of fork, and itself when it is a root. */
  numChildren = 0;
  /** Mappings whose `anonVma` it is. */
  numActiveVmas = 0;
  readonly vmas = new Set<Vma>();

  constructor(parent: AnonVma | undefined) {
    this.root = parent?.root ?? this;
    this.parent = parent ?? this;
    this.parent.numChildren++;
  }
}

function link(vma: Vma, anonVma: AnonVma): void {
  vma.anonVmaChain.push(anonVma);
  anonVma.vmas.add(vma);
}

/** Gives a mapping the object that its anonymous pages hang on. @linux mm/rmap.c `__anon_vma_prepare` */
export function anonVmaPrepare(vma: Vma): void {
  if (vma.anonVma !== undefined) return;
  const anonVma = findMergeable(vma) ?? new AnonVma(undefined);
  vma.anonVma = anonVma;
  link(vma, anonVma);
  anonVma.numActiveVmas++;
}

/** A neighbour's object that fits, so that both may become one mapping. @linux mm/vma.c `find_mergeable_anon_vma` */
function findMergeable(vma: Vma): AnonVma | undefined {
  const next = vma.mm.nextVma(vma);
  if (next !== undefined && isReusable(next, vma, next)) return next.anonVma;
  const prev = vma.mm.prevVma(vma);
  if (prev !== undefined && isReusable(prev, prev, vma)) return prev.anonVma;
  return undefined;
}

/** What mprotect may change, and what is only a note. */
const ACCESS_FLAGS = 0x7;
const MAYBE_GUARD = 0x800;

function isReusable(old: Vma, a: Vma, b: Vma): boolean {
  return (
    old.anonVma !== undefined &&
    old.anonVmaChain.length === 1 &&
    a.end === b.start &&
    a.file === b.file &&
    ((a.flags ^ b.flags) & ~(ACCESS_FLAGS | MAYBE_GUARD)) === 0 &&
    b.pgoff === a.pgoff + (b.start - a.start) / 4096
  );
}

/** `dst` may hold pages of `src`: it joins all objects of it. @linux mm/rmap.c `anon_vma_clone` */
export function anonVmaClone(dst: Vma, src: Vma): void {
  for (const anonVma of [...src.anonVmaChain].reverse()) {
    link(dst, anonVma);
    // One whose own mappings have gone is used again by a child.
    if (
      dst.anonVma === undefined &&
      src.anonVma !== undefined &&
      anonVma.numChildren < 2 &&
      anonVma.numActiveVmas === 0
    ) {
      dst.anonVma = anonVma;
    }
  }
  if (dst.anonVma !== undefined) dst.anonVma.numActiveVmas++;
}

/** The same for a child's copy of a mapping. @linux mm/rmap.c `anon_vma_fork` */
export function anonVmaFork(vma: Vma, parent: Vma): void {
  if (parent.anonVma === undefined) return;
  vma.anonVma = undefined;
  anonVmaClone(vma, parent);
  if (vma.anonVma !== undefined) return;
  const anonVma = new AnonVma(parent.anonVma);
  anonVma.numActiveVmas++;
  vma.anonVma = anonVma;
  link(vma, anonVma);
}

/** A mapping goes. @linux mm/rmap.c `unlink_anon_vmas` */
export function unlinkAnonVmas(vma: Vma): void {
  for (const anonVma of vma.anonVmaChain) {
    anonVma.vmas.delete(vma);
    if (anonVma.vmas.size === 0) anonVma.parent.numChildren--;
  }
  vma.anonVmaChain.length = 0;
  if (vma.anonVma !== undefined) vma.anonVma.numActiveVmas--;
  vma.anonVma = undefined;
}
