import type { Inode } from "../../fs/fs.ts";
import { E2BIG } from "../../include/errno.ts";
import { ACCESS_FS_REFER, FS_ACCESS_BITS } from "./access.ts";

const MAX_NUM_LAYERS = 16;

/** What one ruleset handles: everything else is allowed. */
export interface Layer {
  readonly fs: number;
  readonly net: number;
  readonly scoped: number;
}

/** Rights by layer number. */
type LayerAccess = ReadonlyMap<number, number>;

/** A ruleset that a program fills before it restricts itself. @linux security/landlock/ruleset.c (6.18) */
export class LandlockRuleset {
  readonly layer: Layer;
  readonly fsRules = new Map<Inode, number>();
  readonly netRules = new Map<number, number>();

  constructor(layer: Layer) {
    this.layer = layer;
  }

  /** Reparenting is denied unless a rule allows it, whether it is handled or not. */
  get handledFs(): number {
    return this.layer.fs | ACCESS_FS_REFER;
  }

  addFsRule(inode: Inode, access: number): void {
    this.fsRules.set(inode, (this.fsRules.get(inode) ?? 0) | access);
  }

  addNetRule(port: number, access: number): void {
    this.netRules.set(port, (this.netRules.get(port) ?? 0) | access);
  }
}

/** Where a domain stands among the domains: each has the one as parent in which it was made. */
export interface Hierarchy {
  readonly parent: Hierarchy | undefined;
}

/**
 * What binds a task: the layers of all rulesets it has put on itself. Never changed, only replaced.
 *
 * @linux security/landlock/domain.h, ruleset.h `struct landlock_ruleset` (6.18)
 */
export class LandlockDomain {
  readonly layers: readonly Layer[];
  readonly hierarchy: Hierarchy;
  readonly fsRules: ReadonlyMap<Inode, LayerAccess>;
  readonly netRules: ReadonlyMap<number, LayerAccess>;

  private constructor(
    layers: readonly Layer[],
    hierarchy: Hierarchy,
    fsRules: ReadonlyMap<Inode, LayerAccess>,
    netRules: ReadonlyMap<number, LayerAccess>,
  ) {
    this.layers = layers;
    this.hierarchy = hierarchy;
    this.fsRules = fsRules;
    this.netRules = netRules;
  }

  /** One layer more; -E2BIG when there are 16. @linux security/landlock/ruleset.c `landlock_merge_ruleset` (6.18) */
  static merge(
    parent: LandlockDomain | undefined,
    ruleset: LandlockRuleset,
  ): LandlockDomain | number {
    const layers = parent?.layers ?? [];
    if (layers.length >= MAX_NUM_LAYERS) return -E2BIG;
    return new LandlockDomain(
      [...layers, ruleset.layer],
      { parent: parent?.hierarchy },
      mergeRules(parent?.fsRules, ruleset.fsRules, layers.length),
      mergeRules(parent?.netRules, ruleset.netRules, layers.length),
    );
  }

  fsRule(inode: Inode): LayerAccess | undefined {
    return this.fsRules.get(inode);
  }

  netRule(port: number): LayerAccess | undefined {
    return this.netRules.get(port);
  }

  /** All rights that some layer handles. */
  get handledFs(): number {
    return this.layers.reduce((union, { fs }) => union | fs, 0);
  }
}

function mergeRules<K>(
  old: ReadonlyMap<K, LayerAccess> | undefined,
  added: ReadonlyMap<K, number>,
  layer: number,
): ReadonlyMap<K, LayerAccess> {
  const merged = new Map(old);
  for (const [key, access] of added) merged.set(key, new Map(merged.get(key)).set(layer, access));
  return merged;
}

/** For each right, the layers that deny it so far, as bits. */
export type LayerMasks = Uint16Array;

/** The layers that handle each of the requested rights. @linux security/landlock/ruleset.c `landlock_init_layer_masks` (6.18) */
export function initLayerMasks(domain: LandlockDomain, request: number): LayerMasks {
  const masks = new Uint16Array(FS_ACCESS_BITS);
  domain.layers.forEach(({ fs }, layer) => {
    const handled = (fs | ACCESS_FS_REFER) & request;
    for (let bit = 0; bit < FS_ACCESS_BITS; bit++) {
      if ((handled & (1 << bit)) !== 0) masks[bit] = masks[bit]! | (1 << layer);
    }
  });
  return masks;
}

/** The rights that some layer handles, of those requested. */
export function handledOf(masks: LayerMasks): number {
  let handled = 0;
  for (let bit = 0; bit < FS_ACCESS_BITS; bit++) if (masks[bit] !== 0) handled |= 1 << bit;
  return handled;
}

/** Takes away the denials that a rule lifts; true when none of the request's is left. @linux security/landlock/ruleset.c `landlock_unmask_layers` (6.18) */
export function unmaskLayers(
  rule: LayerAccess | undefined,
  request: number,
  masks: LayerMasks,
): boolean {
  if (request === 0) return true;
  if (rule === undefined) return false;
  for (const [layer, access] of rule) {
    for (let bit = 0; bit < FS_ACCESS_BITS; bit++) {
      if ((access & request & (1 << bit)) !== 0) masks[bit] = masks[bit]! & ~(1 << layer);
    }
  }
  for (let bit = 0; bit < FS_ACCESS_BITS; bit++) {
    if ((request & (1 << bit)) !== 0 && masks[bit] !== 0) return false;
  }
  return true;
}
