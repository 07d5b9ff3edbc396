/** Of ICW1. */
const ICW1_START = 0x10;
const ICW1_LEVEL = 0x08;
const ICW1_SINGLE = 0x02;
const ICW1_ICW4 = 0x01;
/** Of ICW4. */
const ICW4_SPECIAL_NESTED = 0x10;
const ICW4_AUTO_EOI = 0x02;
/** Told apart by these two bits: OCW2 has none of them. */
const OCW3 = 0x08;
const OCW2_ROTATE = 0x80;
const OCW2_SPECIFIC = 0x40;
const OCW2_EOI = 0x20;
const OCW3_SPECIAL_MASK_CHANGE = 0x40;
const OCW3_SPECIAL_MASK = 0x20;
const OCW3_POLL = 0x04;
const OCW3_READ = 0x02;
const OCW3_READ_ISR = 0x01;

/** The input on which a request that has gone away is answered. */
const SPURIOUS_INPUT = 7;

/**
 * An 8259A: eight inputs, of which the lower numbers are more urgent. A request waits in the IRR until the processor
 * asks (INTA), is then in service (ISR), and keeps all that are not more urgent waiting until the end of interrupt
 * (EOI). A mask (IMR) holds single inputs back. A request that has gone when the processor asks is answered as input 7.
 *
 * @spec Intel 8259A Programmable Interrupt Controller data sheet
 * @simplified 8086 mode only; no buffered mode.
 */
export class I8259 {
  irr = 0;
  isr = 0;
  imr = 0;
  /** Inputs of which the level counts, not the edge (`ELCR` of later chipsets). */
  elcr = 0;
  #lines = 0;
  #base = 0;
  /** Which initialization word comes next at the second port; 0: none. */
  #icw: 0 | 2 | 3 | 4 = 0;
  #needsIcw4 = false;
  #isSingle = false;
  #isLevel = false;
  #isAutoEoi = false;
  #rotatesAtAutoEoi = false;
  #isSpecialNested = false;
  #isSpecialMask = false;
  #readsIsr = false;
  #isPolled = false;
  /** The least urgent input. */
  #lowest = 7;

  /** The first vector. */
  get base(): number {
    return this.#base;
  }

  setLine(input: number, isHigh: boolean): void {
    const bit = 1 << input;
    const wasHigh = (this.#lines & bit) !== 0;
    if (isHigh) {
      this.#lines |= bit;
      if (!wasHigh || this.#senses(bit)) this.irr |= bit;
    } else {
      this.#lines &= ~bit;
      // A request has to last until the processor asks.
      this.irr &= ~bit;
    }
  }

  /** The input that the processor is to be interrupted for; -1: none. */
  pending(): number {
    const requests = this.irr & ~this.imr;
    if (requests === 0) return -1;
    const blocking = this.#isSpecialMask ? this.isr & ~this.imr : this.isr;
    for (let i = 1; i <= 8; i++) {
      const input = (this.#lowest + i) & 7;
      const bit = 1 << input;
      const isRequested = (requests & bit) !== 0;
      if ((blocking & bit) !== 0) return isRequested && this.#isSpecialNested ? input : -1;
      if (isRequested) return input;
    }
    return -1;
  }

  /** The processor asks: the input that it serves now. */
  acknowledge(): number {
    const input = this.pending();
    if (input < 0) return SPURIOUS_INPUT;
    const bit = 1 << input;
    if (!this.#senses(bit)) this.irr &= ~bit;
    if (!this.#isAutoEoi) this.isr |= bit;
    else if (this.#rotatesAtAutoEoi) this.#lowest = input;
    return input;
  }

  /** @param isData the second port. */
  write(isData: boolean, value: number): void {
    if (isData) this.#writeData(value);
    else if ((value & ICW1_START) !== 0) this.#begin(value);
    else if ((value & OCW3) !== 0) this.#ocw3(value);
    else this.#ocw2(value);
  }

  read(isData: boolean): number {
    if (this.#isPolled) {
      this.#isPolled = false;
      const input = this.pending();
      return input < 0 ? 0 : 0x80 | this.acknowledge();
    }
    if (isData) return this.imr;
    return this.#readsIsr ? this.isr : this.irr;
  }

  #senses(bit: number): boolean {
    return this.#isLevel || (this.elcr & bit) !== 0;
  }

  #begin(icw1: number): void {
    this.imr = 0;
    this.isr = 0;
    this.irr = 0;
    this.#lowest = 7;
    this.#isSpecialMask = false;
    this.#isSpecialNested = false;
    this.#isAutoEoi = false;
    this.#rotatesAtAutoEoi = false;
    this.#readsIsr = false;
    this.#isLevel = (icw1 & ICW1_LEVEL) !== 0;
    this.#isSingle = (icw1 & ICW1_SINGLE) !== 0;
    this.#needsIcw4 = (icw1 & ICW1_ICW4) !== 0;
    this.#icw = 2;
  }

  #writeData(value: number): void {
    if (this.#icw === 2) {
      this.#base = value & 0xf8;
      this.#icw = this.#isSingle ? (this.#needsIcw4 ? 4 : 0) : 3;
    } else if (this.#icw === 3) {
      // Which input the other chip is at is soldered.
      this.#icw = this.#needsIcw4 ? 4 : 0;
    } else if (this.#icw === 4) {
      this.#isAutoEoi = (value & ICW4_AUTO_EOI) !== 0;
      this.#isSpecialNested = (value & ICW4_SPECIAL_NESTED) !== 0;
      this.#icw = 0;
    } else this.imr = value & 0xff;
  }

  #ocw2(value: number): void {
    const rotates = (value & OCW2_ROTATE) !== 0;
    const isSpecific = (value & OCW2_SPECIFIC) !== 0;
    const isEoi = (value & OCW2_EOI) !== 0;
    if (!isEoi) {
      if (isSpecific) {
        if (rotates) this.#lowest = value & 7;
      } else this.#rotatesAtAutoEoi = rotates;
      return;
    }
    const input = isSpecific ? value & 7 : this.#mostUrgentInService();
    if (input < 0) return;
    this.isr &= ~(1 << input);
    if (rotates) this.#lowest = input;
  }

  #mostUrgentInService(): number {
    const inService = this.#isSpecialMask ? this.isr & ~this.imr : this.isr;
    for (let i = 1; i <= 8; i++) {
      const input = (this.#lowest + i) & 7;
      if ((inService & (1 << input)) !== 0) return input;
    }
    return -1;
  }

  #ocw3(value: number): void {
    if ((value & OCW3_SPECIAL_MASK_CHANGE) !== 0) {
      this.#isSpecialMask = (value & OCW3_SPECIAL_MASK) !== 0;
    }
    if ((value & OCW3_POLL) !== 0) this.#isPolled = true;
    else if ((value & OCW3_READ) !== 0) this.#readsIsr = (value & OCW3_READ_ISR) !== 0;
  }
}

export const PIC_MASTER_CMD = 0x20;
export const PIC_MASTER_IMR = 0x21;
export const PIC_SLAVE_CMD = 0xa0;
export const PIC_SLAVE_IMR = 0xa1;
/** Where the second chip is connected to the first. */
export const PIC_CASCADE_IR = 2;
const ELCR_MASTER = 0x4d0;
const ELCR_SLAVE = 0x4d1;

/** The two of a PC: the output of the second is an input of the first, so there are 15 wires for devices. */
export class I8259Pair {
  readonly master = new I8259();
  readonly slave = new I8259();

  setIrq(irq: number, isHigh: boolean): void {
    if (irq === PIC_CASCADE_IR) return;
    if (irq < 8) this.master.setLine(irq, isHigh);
    else this.slave.setLine(irq - 8, isHigh);
    this.#update();
  }

  get isPending(): boolean {
    return this.master.pending() >= 0;
  }

  /** The vector that the processor is told. */
  acknowledge(): number {
    const input = this.master.acknowledge();
    if (input !== PIC_CASCADE_IR) return this.master.base + input;
    const vector = this.slave.base + this.slave.acknowledge();
    this.#update();
    return vector;
  }

  read(port: number): number {
    if (port === ELCR_MASTER) return this.master.elcr;
    if (port === ELCR_SLAVE) return this.slave.elcr;
    const value = this.#chip(port).read((port & 1) === 1);
    this.#update();
    return value;
  }

  write(port: number, value: number): void {
    // The timer, the keyboard, the cascade and the clock are edges for ever.
    if (port === ELCR_MASTER) this.master.elcr = value & 0xf8;
    else if (port === ELCR_SLAVE) this.slave.elcr = value & 0xde;
    else this.#chip(port).write((port & 1) === 1, value);
    this.#update();
  }

  #chip(port: number): I8259 {
    return port >= PIC_SLAVE_CMD ? this.slave : this.master;
  }

  /** The wire between the two; behind an acknowledge it falls for a moment, so that the next request is an edge. */
  #update(): void {
    this.master.setLine(PIC_CASCADE_IR, false);
    if (this.slave.pending() >= 0) this.master.setLine(PIC_CASCADE_IR, true);
  }
}
