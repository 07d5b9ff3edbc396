/** Strings one after the other, each ended by a zero. */
export class StringTable {
  readonly #offsets = new Map<string, number>();
  readonly #bytes: number[] = [0];

  get length(): number {
    return this.#bytes.length;
  }

  add(text: string): void {
    if (this.#offsets.has(text)) return;
    this.#offsets.set(text, this.#bytes.length);
    for (let i = 0; i < text.length; i++) this.#bytes.push(text.charCodeAt(i) & 0xff);
    this.#bytes.push(0);
  }

  offset(text: string): number {
    return this.#offsets.get(text) ?? 0;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
