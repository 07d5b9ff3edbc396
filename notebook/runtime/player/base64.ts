/** Bytes as base64, by the language itself where it can: in Deno a look at `btoa` alone loads half of Node. */

interface Base64Bytes {
  readonly toBase64?: () => string;
}

interface Base64Array {
  readonly fromBase64?: (text: string) => Uint8Array;
}

interface Host {
  btoa(text: string): string;
  atob(text: string): string;
}

// Taken before any other code could replace them, and before the lockdown takes them away.
const { toBase64: ownToBase64 } = Uint8Array.prototype as Base64Bytes;
const { fromBase64: ownFromBase64 } = Uint8Array as Base64Array;
const host = globalThis as unknown as Host;
const btoa = ownToBase64 === undefined ? host.btoa : undefined;
const atob = ownFromBase64 === undefined ? host.atob : undefined;

export function toBase64(bytes: Uint8Array): string {
  if (ownToBase64 !== undefined) return Reflect.apply(ownToBase64, bytes, []);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x2000) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x2000)));
  }
  return btoa?.(pieces.join("")) ?? "";
}

/** Throws when `text` is no base64. */
export function fromBase64(text: string): Uint8Array {
  if (ownFromBase64 !== undefined) return Reflect.apply(ownFromBase64, Uint8Array, [text]);
  const binary = atob?.(text) ?? "";
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
