import type { LoadedProgram } from "../bpf/program.ts";
import { eventOf, type Hook } from "./hooks.ts";

/** A program at a hook. */
export interface Attachment {
  /** Another one when the link that holds it is updated. */
  prog: LoadedProgram;
  readonly hook: Hook;
  /** What programs can ask for, to tell apart where they were attached. */
  readonly cookie: number;
  runs: number;
  detach(): void;
}

interface Watcher {
  readonly hook: Hook;
  hit(cpu: number): void;
}

/** Which programs hang where, by the event of the trace that calls them. */
export class AttachedPrograms {
  readonly #byEvent = new Map<string, Attachment[]>();
  readonly #watchers = new Map<string, Watcher[]>();
  /** Told when it is another one than before: who makes the calls listens, or does not. */
  onChange: () => void = () => {};

  /** @param cookie 64 bits: a program gets them back as they were up to 53 of them, or with a sign */
  attach(prog: LoadedProgram, hook: Hook, cookie: bigint): Attachment {
    const event = eventOf(hook);
    const attachment: Attachment = {
      ...{ prog, hook, cookie: Number(BigInt.asIntN(64, cookie)), runs: 0 },
      detach: () => this.#detach(event, attachment),
    };
    const there = this.#byEvent.get(event);
    // Never changed in place: somebody may be going through them.
    this.#byEvent.set(event, there === undefined ? [attachment] : [...there, attachment]);
    this.onChange();
    return attachment;
  }

  #detach(event: string, attachment: Attachment): void {
    const left = this.at(event).filter((each) => each !== attachment);
    if (left.length === 0) this.#byEvent.delete(event);
    else this.#byEvent.set(event, left);
    this.onChange();
  }

  has(event: string): boolean {
    return this.#byEvent.has(event) || this.#watchers.has(event);
  }

  /** Calls `hit` each time that a hook is reached, if no program there is against it; answers how that ends. */
  watch(hook: Hook, hit: (cpu: number) => void): () => void {
    const event = eventOf(hook);
    const watcher: Watcher = { hook, hit };
    this.#watchers.set(event, [...(this.#watchers.get(event) ?? []), watcher]);
    this.onChange();
    return () => {
      const left = this.#watchers.get(event)!.filter((each) => each !== watcher);
      if (left.length === 0) this.#watchers.delete(event);
      else this.#watchers.set(event, left);
      this.onChange();
    };
  }

  hit(event: string, cpu: number): void {
    for (const { hit } of this.#watchers.get(event) ?? []) hit(cpu);
  }

  get isEmpty(): boolean {
    return this.#byEvent.size === 0 && this.#watchers.size === 0;
  }

  /** In the order in which they were attached. */
  at(event: string): readonly Attachment[] {
    return this.#byEvent.get(event) ?? [];
  }

  /** Whether something hangs on one of the functions that `isSought` picks. */
  hangsOn(isSought: (func: string) => boolean): boolean {
    const watchers = [...this.#watchers.values()].flat();
    return [...this.all(), ...watchers].some(({ hook }) => "func" in hook && isSought(hook.func));
  }

  all(): Attachment[] {
    return [...this.#byEvent.values()].flat();
  }
}
