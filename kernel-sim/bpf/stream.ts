import { EFAULT, ENOENT, ENOSPC } from "../include/errno.ts";
import type { UserMemory } from "./sys/caller.ts";

/** @linux kernel/bpf/stream.c `BPF_STREAM_MAX_CAPACITY` (6.18) */
const CAPACITY_BYTES = 100_000;
const BPF_STDOUT = 1;
export const BPF_STDERR = 2;

/** What a program has printed and nobody has read: its standard output and its standard error. */
export class ProgStreams {
  readonly #pieces: Readonly<Record<number, Uint8Array[]>> = {
    [BPF_STDOUT]: [],
    [BPF_STDERR]: [],
  };
  readonly #bytes: Record<number, number> = { [BPF_STDOUT]: 0, [BPF_STDERR]: 0 };

  /** @linux kernel/bpf/stream.c `bpf_stream_push_str` (6.18) */
  push(id: number, text: Uint8Array): 0 | number {
    const pieces = this.#pieces[id];
    if (pieces === undefined) return -ENOENT;
    const bytes = this.#bytes[id]! + text.length;
    if (bytes >= CAPACITY_BYTES) return -ENOSPC;
    this.#bytes[id] = bytes;
    pieces.push(text);
    return 0;
  }

  /** Answers how many bytes came, of `room`. @linux kernel/bpf/stream.c `bpf_stream_read` (6.18) */
  read(id: number, memory: UserMemory, address: number, room: number): number {
    const pieces = this.#pieces[id];
    if (pieces === undefined) return -ENOENT;
    let read = 0;
    while (read < room && pieces.length > 0) {
      const piece = pieces[0]!;
      const part = piece.subarray(0, room - read);
      if (!memory.write(address + read, part)) return -EFAULT;
      read += part.length;
      // Room comes back with the end of a piece.
      if (part.length < piece.length) pieces[0] = piece.subarray(part.length);
      else pieces.shift();
    }
    this.#bytes[id] = pieces.reduce((sum, { length }) => sum + length, 0);
    return read;
  }
}
