import type { UserMemory } from "./caller.ts";

/**
 * Writes a log with its 0; true also when there is no buffer for it.
 *
 * @param fd what the command has answered: one that was refused before anything was looked at leaves the buffer alone
 */
export function writeLog(memory: UserMemory, address: number, log: string, fd: number): boolean {
  if (address === 0 || (fd < 0 && log === "")) return true;
  const bytes = new Uint8Array(log.length + 1);
  for (let i = 0; i < log.length; i++) bytes[i] = log.charCodeAt(i);
  return memory.write(address, bytes);
}

const PIECE_BYTES = 64;

/** Text up to its 0, at most `limit` bytes; undefined at a fault. */
export function readText(memory: UserMemory, address: number, limit: number): string | undefined {
  let text = "";
  while (text.length < limit) {
    const at = address + text.length;
    const room = Math.min(PIECE_BYTES - (at % PIECE_BYTES), limit - text.length);
    const piece = memory.read(at, room);
    if (piece === undefined) return undefined;
    const end = piece.indexOf(0);
    text += String.fromCharCode(...(end < 0 ? piece : piece.subarray(0, end)));
    if (end >= 0) return text;
  }
  return text;
}
