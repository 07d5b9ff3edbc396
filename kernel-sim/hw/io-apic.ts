/** Bits of the lower half of an entry. */
const VECTOR_MASK = 0xff;
const REMOTE_IRR = 1 << 14;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
/** What software cannot write: the delivery status and the remote IRR. */
const READ_ONLY = (1 << 12) | REMOTE_IRR;

const ID_REGISTER = 0;
const VERSION_REGISTER = 1;
const FIRST_ENTRY = 0x10;
const VERSION = 0x20;

/** An entry of the redirection table, taken apart. */
export interface RedirectionEntry {
  readonly pin: number;
  readonly vector: number;
  readonly isMasked: boolean;
  readonly isLevel: boolean;
  /** A local APIC has taken the interrupt of a level and has not said yet that it is over. */
  readonly remoteIrr: boolean;
  /** The APIC that it is sent to. */
  readonly destination: number;
  /** The device asks. */
  readonly isAsserted: boolean;
}

/**
 * The controller that the wires of devices lead to. Each pin has an entry that says which vector is sent to which
 * processor's APIC, and whether a rising edge or a high level asks for it. A level is sent once, and again when its end
 * was told (EOI) and the wire is still high. An edge that comes while its entry is masked is lost.
 *
 * @spec Intel 82093AA I/O Advanced Programmable Interrupt Controller
 * @simplified physical destinations only; wires are seen as asserted or not, whatever their polarity.
 */
export class IoApic {
  readonly pins: number;
  /** Two words for each entry. */
  readonly #table: Uint32Array;
  readonly #asserted: Uint8Array;
  readonly #send: (destination: number, vector: number, isLevel: boolean) => void;
  #id = 0;

  constructor(pins: number, send: (destination: number, vector: number, isLevel: boolean) => void) {
    this.pins = pins;
    this.#table = new Uint32Array(2 * pins);
    this.#asserted = new Uint8Array(pins);
    this.#send = send;
    for (let pin = 0; pin < pins; pin++) this.#table[2 * pin] = MASKED;
  }

  /** A wire rises or falls. */
  setPin(pin: number, isAsserted: boolean): void {
    const wasAsserted = this.#asserted[pin] === 1;
    this.#asserted[pin] = isAsserted ? 1 : 0;
    if (!isAsserted) return;
    if ((this.#low(pin) & LEVEL) !== 0) this.#deliverLevel(pin);
    else if (!wasAsserted && (this.#low(pin) & MASKED) === 0) this.#deliver(pin);
  }

  /** A register by its index, as IOREGSEL and IOWIN reach it. */
  read(index: number): number {
    if (index === ID_REGISTER) return this.#id;
    if (index === VERSION_REGISTER) return ((this.pins - 1) << 16) | VERSION;
    return this.#table[index - FIRST_ENTRY] ?? 0;
  }

  write(index: number, value: number): void {
    if (index === ID_REGISTER) this.#id = value & 0x0f000000;
    const at = index - FIRST_ENTRY;
    if (at < 0 || at >= this.#table.length) return;
    if (at % 2 === 1) {
      this.#table[at] = value;
      return;
    }
    this.#table[at] = (value & ~READ_ONLY) | (this.#table[at]! & READ_ONLY);
    // An edge has no memory: the remote IRR is of levels alone.
    if ((value & LEVEL) === 0) this.#table[at]! &= ~REMOTE_IRR;
    else this.#deliverLevel(at / 2);
  }

  /** All at once, in two writes. */
  program(pin: number, vector: number, isLevel: boolean, destination: number): void {
    const index = FIRST_ENTRY + 2 * pin;
    this.write(index + 1, destination << 24);
    this.write(index, (this.#low(pin) & MASKED) | (isLevel ? LEVEL : 0) | vector);
  }

  setMask(pin: number, isMasked: boolean): void {
    const low = this.#low(pin);
    this.write(FIRST_ENTRY + 2 * pin, isMasked ? low | MASKED : low & ~MASKED);
  }

  /** A local APIC has told the end of `vector`. */
  eoi(vector: number): void {
    for (let pin = 0; pin < this.pins; pin++) {
      const low = this.#low(pin);
      if ((low & LEVEL) === 0 || (low & VECTOR_MASK) !== vector) continue;
      this.#table[2 * pin] = low & ~REMOTE_IRR;
      this.#deliverLevel(pin);
    }
  }

  entry(pin: number): RedirectionEntry {
    const low = this.#low(pin);
    return {
      pin,
      vector: low & VECTOR_MASK,
      isMasked: (low & MASKED) !== 0,
      isLevel: (low & LEVEL) !== 0,
      remoteIrr: (low & REMOTE_IRR) !== 0,
      destination: this.#table[2 * pin + 1]! >>> 24,
      isAsserted: this.#asserted[pin] === 1,
    };
  }

  #low(pin: number): number {
    return this.#table[2 * pin]!;
  }

  #deliverLevel(pin: number): void {
    const low = this.#low(pin);
    if (this.#asserted[pin] === 0 || (low & (MASKED | REMOTE_IRR)) !== 0) return;
    this.#table[2 * pin] = low | REMOTE_IRR;
    this.#deliver(pin);
  }

  #deliver(pin: number): void {
    const { destination, vector, isLevel } = this.entry(pin);
    this.#send(destination, vector, isLevel);
  }
}
