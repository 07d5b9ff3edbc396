/**
 * Red-black trees in the memory of programs, with the shape that Linux gives them.
 *
 * @linux lib/rbtree.c `__rb_insert`, `____rb_erase_color` (6.18)
 */
import type { BpfMemory } from "../memory.ts";

/** `struct rb_node`: the parent, with a bit that says black; then the children. */
const PARENT_COLOR = 0;
const RIGHT = 8;
const LEFT = 16;
/** `struct rb_root_cached` */
const ROOT = 0;
const LEFTMOST = 8;
const RED = 0;
const BLACK = 1;

type Side = typeof LEFT | typeof RIGHT;

function other(side: Side): Side {
  return side === LEFT ? RIGHT : LEFT;
}

/** A tree by the address of its root. */
export class RbTree {
  readonly #view: DataView;
  readonly #root: number;

  constructor({ view }: BpfMemory, root: number) {
    this.#view = view;
    this.#root = root;
  }

  get root(): number {
    return this.#get(this.#root + ROOT);
  }

  get leftmost(): number {
    return this.#get(this.#root + LEFTMOST);
  }

  left(node: number): number {
    return this.#get(node + LEFT);
  }

  right(node: number): number {
    return this.#get(node + RIGHT);
  }

  /** Empties it, and answers the nodes that were in it. */
  takeAll(): number[] {
    const nodes: number[] = [];
    for (let node = this.leftmost; node !== 0; node = this.#next(node)) nodes.push(node);
    this.#set(this.#root + ROOT, 0);
    this.#set(this.#root + LEFTMOST, 0);
    return nodes;
  }

  /** @param parent 0: the tree is empty */
  insert(node: number, parent: number, isLeft: boolean, isLeftmost: boolean): void {
    this.#set(node + LEFT, 0);
    this.#set(node + RIGHT, 0);
    this.#setParentColor(node, parent, RED);
    if (parent === 0) this.#set(this.#root + ROOT, node);
    else this.#set(parent + (isLeft ? LEFT : RIGHT), node);
    if (isLeftmost) this.#set(this.#root + LEFTMOST, node);
    this.#balanceInsert(node);
  }

  erase(node: number): void {
    if (this.leftmost === node) this.#set(this.#root + LEFTMOST, this.#next(node));
    const parent = this.#unlink(node);
    if (parent !== 0) this.#balanceErase(parent);
  }

  #balanceInsert(start: number): void {
    let node = start;
    for (;;) {
      const parent = this.#parent(node);
      if (parent === 0) {
        this.#setParentColor(node, 0, BLACK);
        return;
      }
      if (!this.#isRed(parent)) return;
      const grand = this.#parent(parent);
      const side: Side = this.left(grand) === parent ? LEFT : RIGHT;
      const uncle = this.#get(grand + other(side));
      if (this.#isRed(uncle)) {
        this.#setParentColor(uncle, grand, BLACK);
        this.#setParentColor(parent, grand, BLACK);
        this.#setParentColor(grand, this.#parent(grand), RED);
        node = grand;
        continue;
      }
      this.#rotateInsert(node, parent, grand, side);
      return;
    }
  }

  #rotateInsert(node: number, parent: number, grand: number, side: Side): void {
    let top = parent;
    if (this.#get(parent + other(side)) === node) {
      const inner = this.#get(node + side);
      this.#set(parent + other(side), inner);
      this.#set(node + side, parent);
      if (inner !== 0) this.#setParentColor(inner, parent, BLACK);
      this.#setParentColor(parent, node, RED);
      top = node;
    }
    const moved = this.#get(top + other(side));
    this.#set(grand + side, moved);
    this.#set(top + other(side), grand);
    if (moved !== 0) this.#setParentColor(moved, grand, BLACK);
    this.#rotateSetParents(grand, top, RED);
  }

  /** Takes the node out, and answers below which node there is a black one too few. */
  #unlink(node: number): number {
    const left = this.left(node);
    const right = this.right(node);
    const parentColor = this.#get(node + PARENT_COLOR);
    const parent = this.#parent(node);
    if (left === 0 || right === 0) {
      const child = left === 0 ? right : left;
      this.#changeChild(node, child, parent);
      if (child !== 0) {
        this.#set(child + PARENT_COLOR, parentColor);
        return 0;
      }
      return (parentColor & BLACK) !== 0 ? parent : 0;
    }
    return this.#unlinkInner(node, left, right, parentColor, parent);
  }

  /** The next node in order takes its place. */
  #unlinkInner(
    node: number,
    left: number,
    right: number,
    parentColor: number,
    parent: number,
  ): number {
    let successor = right;
    let below = successor;
    for (let next = this.left(successor); next !== 0; next = this.left(next)) {
      below = successor;
      successor = next;
    }
    const child = this.right(successor);
    if (successor !== right) {
      this.#set(below + LEFT, child);
      this.#set(successor + RIGHT, right);
      this.#setParent(right, successor);
    }
    this.#set(successor + LEFT, left);
    this.#setParent(left, successor);
    this.#changeChild(node, successor, parent);
    let unbalanced = 0;
    if (child !== 0) this.#setParentColor(child, below, BLACK);
    else if (!this.#isRed(successor)) unbalanced = below;
    this.#set(successor + PARENT_COLOR, parentColor);
    return unbalanced;
  }

  #balanceErase(start: number): void {
    let parent = start;
    let node = 0;
    for (;;) {
      const side: Side = this.right(parent) === node ? RIGHT : LEFT;
      const far = other(side);
      let sibling = this.#get(parent + far);
      if (this.#isRed(sibling)) {
        const inner = this.#get(sibling + side);
        this.#set(parent + far, inner);
        this.#set(sibling + side, parent);
        this.#setParentColor(inner, parent, BLACK);
        this.#rotateSetParents(parent, sibling, RED);
        sibling = inner;
      }
      const outer = this.#get(sibling + far);
      const inner = this.#get(sibling + side);
      if (!this.#isRed(outer) && !this.#isRed(inner)) {
        this.#setParentColor(sibling, parent, RED);
        if (this.#isRed(parent)) {
          this.#setParentColor(parent, this.#parent(parent), BLACK);
          return;
        }
        node = parent;
        parent = this.#parent(node);
        if (parent === 0) return;
        continue;
      }
      this.#rotateErase(parent, sibling, side);
      return;
    }
  }

  #rotateErase(parent: number, sibling: number, side: Side): void {
    const far = other(side);
    let top = sibling;
    let outer = this.#get(sibling + far);
    if (!this.#isRed(outer)) {
      top = this.#get(sibling + side);
      const moved = this.#get(top + far);
      this.#set(sibling + side, moved);
      this.#set(top + far, sibling);
      this.#set(parent + far, top);
      if (moved !== 0) this.#setParentColor(moved, sibling, BLACK);
      outer = sibling;
    }
    const inner = this.#get(top + side);
    this.#set(parent + far, inner);
    this.#set(top + side, parent);
    this.#setParentColor(outer, top, BLACK);
    if (inner !== 0) this.#setParent(inner, parent);
    this.#rotateSetParents(parent, top, BLACK);
  }

  #rotateSetParents(old: number, top: number, color: number): void {
    const parent = this.#parent(old);
    this.#set(top + PARENT_COLOR, this.#get(old + PARENT_COLOR));
    this.#setParentColor(old, top, color);
    this.#changeChild(old, top, parent);
  }

  #changeChild(old: number, child: number, parent: number): void {
    if (parent === 0) this.#set(this.#root + ROOT, child);
    else this.#set(parent + (this.left(parent) === old ? LEFT : RIGHT), child);
  }

  #next(node: number): number {
    let at = this.right(node);
    if (at !== 0) {
      for (let left = this.left(at); left !== 0; left = this.left(at)) at = left;
      return at;
    }
    at = node;
    let parent = this.#parent(at);
    while (parent !== 0 && this.right(parent) === at) {
      at = parent;
      parent = this.#parent(at);
    }
    return parent;
  }

  #isRed(node: number): boolean {
    return node !== 0 && (this.#get(node + PARENT_COLOR) & BLACK) === 0;
  }

  #parent(node: number): number {
    return this.#get(node + PARENT_COLOR) & ~BLACK;
  }

  #setParent(node: number, parent: number): void {
    this.#set(node + PARENT_COLOR, parent | (this.#get(node + PARENT_COLOR) & BLACK));
  }

  #setParentColor(node: number, parent: number, color: number): void {
    this.#set(node + PARENT_COLOR, parent | color);
  }

  #get(at: number): number {
    return this.#view.getInt32(at, true);
  }

  #set(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }
}
