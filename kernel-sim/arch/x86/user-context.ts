/**
 * What a processor holds of a user program: saved when another one runs, loaded when it goes on.
 *
 * @linux arch/x86/include/asm/processor.h `struct thread_struct` (6.18)
 */
import { type Cpu, ST_EIP } from "./cpu.ts";
import { ESP, FS, GS, X86_EFLAGS_FIXED, X86_EFLAGS_IF } from "./registers.ts";
import { DESC_PRESENT, type Descriptor } from "./segment.ts";
import { isNull } from "./segment-load.ts";

/** The three descriptors of thread-local storage in the GDT begin here. */
export const GDT_ENTRY_TLS_MIN = 6;
const TLS_ENTRIES = 3;

export class UserContext {
  /** EAX to EDI. */
  readonly r = new Int32Array(8);
  eip = 0;
  eflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
  fs = 0;
  gs = 0;
  readonly tls: (Descriptor | undefined)[] = [undefined, undefined, undefined];
  /** The shadow stack's pointer; 0 without one. */
  ssp = 0;

  /** What execve() leaves: all registers 0, a stack, and a place to begin. */
  start(eip: number, esp: number): void {
    this.r.fill(0);
    this.r[ESP] = esp;
    this.eip = eip;
    this.eflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
    this.fs = 0;
    this.gs = 0;
    this.tls.fill(undefined);
    this.ssp = 0;
  }

  /** What fork() gives the child. */
  copy(): UserContext {
    const child = new UserContext();
    child.r.set(this.r);
    child.eip = this.eip;
    child.eflags = this.eflags;
    child.fs = this.fs;
    child.gs = this.gs;
    for (let i = 0; i < TLS_ENTRIES; i++) child.tls[i] = this.tls[i];
    child.ssp = this.ssp;
    return child;
  }

  /** Puts the program on a processor, in user mode. CR3 is the caller's business. */
  load(cpu: Cpu): void {
    cpu.r.set(this.r);
    cpu.st[ST_EIP] = this.eip;
    if (cpu.cpl !== 3) cpu.setFlatSegments(3);
    for (let i = 0; i < TLS_ENTRIES; i++) {
      const descriptor = this.tls[i];
      if (descriptor === undefined) cpu.hostDescriptors?.delete(GDT_ENTRY_TLS_MIN + i);
      else cpu.hostDescriptors?.set(GDT_ENTRY_TLS_MIN + i, descriptor);
    }
    loadSelector(cpu, FS, this.fs);
    loadSelector(cpu, GS, this.gs);
    cpu.segmentsChanged();
    cpu.setUserShadowStack(this.ssp);
    cpu.eflags = this.eflags;
  }

  /** Takes the program off the processor. */
  save(cpu: Cpu): void {
    for (let i = 0; i < 8; i++) this.r[i] = cpu.r[i]!;
    this.eip = cpu.eip;
    this.eflags = cpu.eflags;
    this.fs = cpu.segments[FS]!.selector;
    this.gs = cpu.segments[GS]!.selector;
    for (let i = 0; i < TLS_ENTRIES; i++) {
      this.tls[i] = cpu.hostDescriptors?.get(GDT_ENTRY_TLS_MIN + i);
    }
    this.ssp = cpu.shadowStack.user ? cpu.shadowStack.ssp : 0;
  }
}

/** Loads a selector that was good once; if its descriptor is gone, null, as Linux does. */
function loadSelector(cpu: Cpu, segment: number, selector: number): void {
  const descriptor = isNull(selector) ? undefined : cpu.hostDescriptors?.get(selector >> 3);
  const register = cpu.segments[segment]!;
  if (descriptor === undefined || (descriptor.access & DESC_PRESENT) === 0) register.setNull(0);
  else register.set(selector, descriptor);
}
