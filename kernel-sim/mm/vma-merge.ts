import { fput, getFile } from "../fs/file-table.ts";
import type { File } from "../fs/fs.ts";
import { ENOMEM } from "../include/errno.ts";
import type { Mm } from "./mm.ts";
import { type AnonVma, anonVmaClone, unlinkAnonVmas } from "./rmap.ts";
import { VM_MAYBE_GUARD, VM_SPECIAL, type Vma } from "./vma.ts";
import { linkFile, unlinkFile } from "./vma-file.ts";

/** A range as it shall become: `struct vma_merge_struct`. */
interface MergeState {
  readonly mm: Mm;
  readonly prev: Vma | undefined;
  readonly next: Vma | undefined;
  /** The mapping whose part changes; undefined for a new range. */
  readonly middle: Vma | undefined;
  readonly start: number;
  readonly end: number;
  readonly pgoff: number;
  readonly flags: number;
  readonly file: File | undefined;
  readonly anonVma: AnonVma | undefined;
  readonly anonName: string | undefined;
  readonly uffd: unknown;
}

/** What a new mapping is to be. */
interface NewRange {
  readonly start: number;
  readonly end: number;
  readonly pgoff: number;
  readonly flags: number;
  readonly file: File | undefined;
  readonly anonVma?: AnonVma | undefined;
  readonly anonName?: string | undefined;
  readonly uffd?: unknown;
}

/** @linux mm/vma.c `is_mergeable_vma` */
function isMergeable(vmg: MergeState, vma: Vma): boolean {
  return (
    ((vma.flags ^ vmg.flags) & ~VM_MAYBE_GUARD) === 0 &&
    vma.file === vmg.file &&
    vma.uffd === vmg.uffd &&
    vma.anonName === vmg.anonName
  );
}

/** Its pages may also be those of a process that it was forked from. */
function isForkChild(vma: Vma | undefined): boolean {
  return vma?.anonVma !== undefined && vma.anonVmaChain.length !== 1;
}

/** @linux mm/vma.c `is_mergeable_anon_vma` */
function isMergeableAnon(vmg: MergeState, target: Vma): boolean {
  if (target.anonVma === undefined && vmg.anonVma !== undefined) return !isForkChild(vmg.middle);
  if (target.anonVma !== undefined && vmg.anonVma === undefined) return !isForkChild(target);
  return target.anonVma === vmg.anonVma;
}

function canMergeLeft(vmg: MergeState): boolean {
  const { prev } = vmg;
  return (
    prev !== undefined &&
    prev.end === vmg.start &&
    isMergeable(vmg, prev) &&
    isMergeableAnon(vmg, prev) &&
    prev.pgoff + prev.pages === vmg.pgoff
  );
}

function canMergeRight(vmg: MergeState, mergesLeft: boolean): boolean {
  const { prev, next } = vmg;
  if (
    next === undefined ||
    next.start !== vmg.end ||
    !isMergeable(vmg, next) ||
    !isMergeableAnon(vmg, next) ||
    next.pgoff !== vmg.pgoff + (vmg.end - vmg.start) / 4096
  ) {
    return false;
  }
  if (!mergesLeft) return true;
  // Each fits to what lies between them, and yet not to the other.
  return (
    prev!.anonVma === undefined || next.anonVma === undefined || prev!.anonVma === next.anonVma
  );
}

/** What counts its openings and closings is not swallowed. */
function mayRemove(vma: Vma): boolean {
  return vma.ops?.close === undefined;
}

/** `dst` takes pages over from `src`. @linux mm/vma.c `dup_anon_vma` */
function dupAnonVma(dst: Vma, src: Vma): void {
  if (src.anonVma === undefined || dst.anonVma !== undefined) return;
  dst.anonVma = src.anonVma;
  anonVmaClone(dst, src);
}

/** A neighbour has taken over all that this one was. */
function swallow(vma: Vma): void {
  const { mm } = vma;
  unlinkFile(vma);
  mm.unlink(vma);
  if (vma.file !== undefined) fput(vma.file);
  unlinkAnonVmas(vma);
}

function setRange(vma: Vma, start: number, end: number): void {
  vma.pgoff += (start - vma.start) / 4096;
  vma.start = start;
  vma.end = end;
  vma.mm.forgetLast();
}

/**
 * Lets a neighbour grow over a new range that is like it: the mapping that holds the range then, or
 * undefined when none fits.
 *
 * @linux mm/vma.c `vma_merge_new_range` (6.18)
 */
export function mergeNewRange(mm: Mm, range: NewRange): Vma | undefined {
  const at = mm.indexFrom(range.start);
  return mergeNew({
    mm,
    prev: mm.vmas[at - 1],
    next: mm.vmas[at],
    middle: undefined,
    anonVma: undefined,
    anonName: undefined,
    uffd: undefined,
    ...range,
  });
}

/** A mapping grows upwards into free room. @linux mm/vma.c `vma_merge_extend` */
export function mergeExtend(vma: Vma, bytes: number): Vma | undefined {
  const { mm, flags, file, anonVma, anonName, uffd } = vma;
  return mergeNew({
    ...{ mm, flags, file, anonVma, anonName, uffd },
    prev: vma,
    next: mm.nextVma(vma),
    middle: undefined,
    start: vma.end,
    end: vma.end + bytes,
    pgoff: vma.pgoff + vma.pages,
  });
}

function mergeNew(vmg: MergeState): Vma | undefined {
  if ((vmg.flags & VM_SPECIAL) !== 0) return undefined;
  const mergesLeft = canMergeLeft(vmg);
  let mergesRight = canMergeRight(vmg, mergesLeft);
  const { prev, next } = vmg;
  const sticky = vmg.flags & VM_MAYBE_GUARD;
  if (mergesLeft) {
    prev!.flags |= sticky;
    if (mergesRight && !mayRemove(next!)) mergesRight = false;
    if (mergesRight) {
      prev!.flags |= next!.flags & VM_MAYBE_GUARD;
      dupAnonVma(prev!, next!);
      const { end } = next!;
      swallow(next!);
      setRange(prev!, prev!.start, end);
    } else setRange(prev!, prev!.start, vmg.end);
    return prev;
  }
  if (!mergesRight) return undefined;
  next!.flags |= sticky;
  setRange(next!, vmg.start, next!.end);
  return next;
}

/**
 * Part of a mapping changes: lets neighbours that are like the changed part take it over.
 *
 * @linux mm/vma.c `vma_merge_existing_range` (6.18)
 */
function mergeExisting(vmg: MergeState): Vma | undefined {
  const vma = vmg.middle!;
  const { prev, next } = vmg;
  const isLeft = vmg.start === vma.start;
  const isRight = vmg.end === vma.end;
  if ((vmg.flags & VM_SPECIAL) !== 0 || (!isLeft && !isRight)) return undefined;
  const mergesLeft = isLeft && canMergeLeft(vmg);
  let mergesRight = isRight && canMergeRight(vmg, mergesLeft);
  if (!mergesLeft && !mergesRight) return undefined;
  const isDeleted = isLeft && isRight;
  if (isDeleted && !mayRemove(vma)) return undefined;
  if (mergesLeft && mergesRight && !mayRemove(next!)) mergesRight = false;
  const sticky =
    (vmg.flags | (mergesLeft ? prev!.flags : 0) | (mergesRight ? next!.flags : 0)) & VM_MAYBE_GUARD;
  if (mergesLeft) prev!.flags |= sticky;
  else next!.flags |= sticky;
  if (mergesLeft && mergesRight) {
    dupAnonVma(prev!, next!.anonVma !== undefined ? next! : vma);
    const { end } = next!;
    swallow(vma);
    swallow(next!);
    setRange(prev!, prev!.start, end);
    return prev;
  }
  if (mergesLeft) {
    dupAnonVma(prev!, vma);
    if (isDeleted) swallow(vma);
    else setRange(vma, vmg.end, vma.end);
    setRange(prev!, prev!.start, vmg.end);
    return prev;
  }
  dupAnonVma(next!, vma);
  if (isDeleted) swallow(vma);
  else setRange(vma, vma.start, vmg.start);
  setRange(next!, vmg.start, next!.end);
  return next;
}

/** What changes in a range of a mapping. */
interface Modification {
  readonly flags?: number;
  readonly anonName?: string | undefined;
  readonly uffd?: unknown;
}

/**
 * The mapping that holds exactly [start, end), with neighbours merged or itself split, so that the caller
 * may set what changes; or -ENOMEM. Merged mappings are like that already.
 *
 * @linux mm/vma.c `vma_modify` (6.18)
 */
export function vmaModify(
  vma: Vma,
  start: number,
  end: number,
  change: Modification,
): Vma | number {
  const { mm } = vma;
  const merged = mergeExisting({
    mm,
    prev: mm.prevVma(vma),
    next: mm.nextVma(vma),
    middle: vma,
    ...{ start, end },
    pgoff: vma.pgoffOf(start),
    flags: change.flags ?? vma.flags,
    file: vma.file,
    anonVma: vma.anonVma,
    anonName: "anonName" in change ? change.anonName : vma.anonName,
    uffd: "uffd" in change ? change.uffd : vma.uffd,
  });
  if (merged !== undefined) return merged;
  if (vma.start < start) {
    const result = splitVma(vma, start, true);
    if (result !== 0) return result;
  }
  if (vma.end > end) {
    const result = splitVma(vma, end, false);
    if (result !== 0) return result;
  }
  return vma;
}

/**
 * Splits a mapping at `address`; `vma` stays the upper (`newBelow`) or the lower part.
 *
 * @linux mm/vma.c `split_vma` (6.18)
 */
function splitVma(vma: Vma, address: number, newBelow: boolean): number {
  if (vma.mm.vmas.length >= vma.mm.memory.maxMapCount) return -ENOMEM;
  return splitUnlimited(vma, address, newBelow);
}

/** The same where the number of mappings has been looked at already (`__split_vma`). */
export function splitUnlimited(vma: Vma, address: number, newBelow: boolean): number {
  const { mm } = vma;
  const refused = vma.ops?.maySplit?.(vma, address) ?? 0;
  if (refused !== 0) return refused;
  const part = vma.dup();
  if (newBelow) part.end = address;
  else {
    part.start = address;
    part.pgoff = vma.pgoffOf(address);
  }
  anonVmaClone(part, vma);
  if (part.file !== undefined) getFile(part.file);
  part.ops?.open?.(part);
  if (newBelow) setRange(vma, address, vma.end);
  else setRange(vma, vma.start, address);
  mm.link(part);
  linkFile(part);
  return 0;
}
