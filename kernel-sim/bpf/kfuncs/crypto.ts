/** Ciphers of the kernel, as programs use them. @linux kernel/bpf/crypto.c, crypto/bpf_crypto_skcipher.c (6.18) */
import { EINVAL, ENOENT, ENOMEM, EOPNOTSUPP } from "../../include/errno.ts";
import { AES_BLOCK_BYTES, aesDecrypt, aesEncrypt, aesExpandKey } from "../../lib/aes.ts";
import { BpfDynptr } from "../dynptr.ts";
import { textAt } from "../helpers/strings.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";
import { sliceOf } from "./dynptr.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct bpf_crypto_ctx`: where the cipher lies, how long its initial vector is, how many hold it. */
const CTX_BYTES = 48;
const TFM = 8;
const SIV_LEN = 16;
const USAGE = 40;

/** A cipher: its mode, the length of the keys of its rounds, and those. */
const TFM_MODE = 0;
const TFM_KEY_BYTES = 4;
const TFM_KEYS = 8;

const ECB = 0;
const CBC = 1;

/** `struct bpf_crypto_params` */
const PARAMS_BYTES = 408;
const TYPE_MAX = 14;
const RESERVED = 14;
const ALGO = 16;
const ALGO_MAX = 128;
const KEY = 144;
const KEY_MAX = 256;
const KEY_LEN = 400;
const AUTHSIZE = 404;

const AES = "aes(?:-generic|-fixed-time)?";
const LINEAR = new RegExp(`^(ecb|cbc)\\(${AES}\\)$`);
/** They are there, but do not work on memory in one piece, or take no key. */
const OTHERS = new RegExp(
  `^(?:(?:ctr|xts)\\(${AES}\\)|cts\\(cbc\\(${AES}\\)\\)|rfc3686\\(ctr\\(${AES}\\)\\)|(?:ecb|cbc)\\(cipher_null(?:-generic)?\\))$`,
);

/**
 * @linux kernel/bpf/crypto.c `bpf_crypto_ctx_create` (6.18)
 * @simplified the only ciphers are AES in the modes ecb and cbc
 */
export function cryptoCtxCreate(vm: Vm): number {
  const { r, memory } = vm;
  const made = create(vm, r[2]!, r[4]! >>> 0);
  memory.view.setInt32(r[6]!, Math.min(made, 0), true);
  return Math.max(made, 0);
}

/** A cipher, or a negative errno. */
function create({ memory }: Vm, params: number, bytes: number): number {
  const { view } = memory;
  if (bytes !== PARAMS_BYTES || view.getUint16(params + RESERVED, true) !== 0) return -EINVAL;
  if (textAt(memory.bytes, params, params + TYPE_MAX) !== "skcipher") return -ENOENT;
  const algo = textAt(memory.bytes, params + ALGO, params + ALGO + ALGO_MAX) ?? "";
  const mode = LINEAR.exec(algo)?.[1];
  if (mode === undefined && !OTHERS.test(algo)) return -EOPNOTSUPP;
  if (view.getUint32(params + AUTHSIZE, true) !== 0) return -EOPNOTSUPP;
  const keyLen = view.getUint32(params + KEY_LEN, true);
  if (keyLen === 0 || keyLen > KEY_MAX || mode === undefined) return -EINVAL;
  const keys = aesExpandKey(memory.copyOut(params + KEY, keyLen));
  return keys === undefined ? -EINVAL : newCtx(memory, mode === "cbc" ? CBC : ECB, keys);
}

function newCtx(memory: BpfMemory, mode: number, keys: Uint8Array): number {
  const [ctx, tfm] = memory.allocAll(CTX_BYTES, TFM_KEYS + keys.length) ?? [];
  if (ctx === undefined || tfm === undefined) return -ENOMEM;
  const { view, bytes } = memory;
  view.setInt32(tfm + TFM_MODE, mode, true);
  view.setInt32(tfm + TFM_KEY_BYTES, keys.length, true);
  bytes.set(keys, tfm + TFM_KEYS);
  view.setInt32(ctx + TFM, tfm, true);
  view.setInt32(ctx + SIV_LEN, mode === CBC ? AES_BLOCK_BYTES : 0, true);
  view.setInt32(ctx + USAGE, 1, true);
  return ctx;
}

/** @linux kernel/bpf/crypto.c `bpf_crypto_ctx_acquire` (6.18) */
export function cryptoCtxAcquire({ r, memory: { view } }: Vm): number {
  const at = r[2]! + USAGE;
  const usage = view.getInt32(at, true);
  if (usage === 0) return 0;
  view.setInt32(at, usage + 1, true);
  return r[2]!;
}

/** @linux kernel/bpf/crypto.c `bpf_crypto_ctx_release` (6.18) */
export function cryptoCtxRelease({ r, memory }: Vm): number {
  putCryptoCtx(memory, r[2]!);
  return 0;
}

/** One reference less. */
export function putCryptoCtx(memory: BpfMemory, ctx: number): void {
  const { view } = memory;
  const usage = view.getInt32(ctx + USAGE, true) - 1;
  view.setInt32(ctx + USAGE, usage, true);
  if (usage > 0) return;
  const tfm = view.getInt32(ctx + TFM, true);
  memory.free(tfm, TFM_KEYS + view.getInt32(tfm + TFM_KEY_BYTES, true));
  memory.free(ctx, CTX_BYTES);
}

/** @linux kernel/bpf/crypto.c `bpf_crypto_encrypt` (6.18) */
export function cryptoEncrypt(vm: Vm): number {
  return crypt(vm, encryptBlock);
}

/** @linux kernel/bpf/crypto.c `bpf_crypto_decrypt` (6.18) */
export function cryptoDecrypt(vm: Vm): number {
  return crypt(vm, decryptBlock);
}

/** @linux kernel/bpf/crypto.c `bpf_crypto_crypt` (6.18) */
function crypt(vm: Vm, cipher: BlockCipher): number {
  const { r, memory } = vm;
  const { view, bytes } = memory;
  const ctx = r[2]!;
  const [from, to] = [new BpfDynptr(memory, r[4]!), new BpfDynptr(memory, r[6]!)];
  const siv = r[8] === 0 ? undefined : new BpfDynptr(memory, r[8]!);
  const sivLen = siv?.size ?? 0;
  const { size } = from;
  if (to.isReadOnly || size === 0 || to.size < size) return -EINVAL;
  if (sivLen !== view.getInt32(ctx + SIV_LEN, true)) return -EINVAL;
  const source = sliceOf(vm, from, 0, size);
  const target = sliceOf(vm, to, 0, to.size);
  const vector = siv === undefined || sivLen === 0 ? 0 : sliceOf(vm, siv, 0, sivLen);
  if (source === 0 || target === 0) return -EINVAL;
  if (sivLen !== 0 && (vector === 0 || siv?.isReadOnly === true)) return -EINVAL;
  const tfm = view.getInt32(ctx + TFM, true);
  const keys = memory.copyOut(tfm + TFM_KEYS, view.getInt32(tfm + TFM_KEY_BYTES, true));
  const chain = bytes.slice(vector, vector + sivLen);
  let done = 0;
  for (; done + AES_BLOCK_BYTES <= size; done += AES_BLOCK_BYTES) {
    const at = source + done;
    bytes.set(cipher(keys, bytes.slice(at, at + AES_BLOCK_BYTES), chain), target + done);
  }
  bytes.set(chain, vector);
  // What is left over is no block.
  return done === size ? 0 : -EINVAL;
}

/** @param chain what the block is mixed with, and the next one after it; empty: they are not */
type BlockCipher = (keys: Uint8Array, block: Uint8Array, chain: Uint8Array) => Uint8Array;

/** @linux crypto/cbc.c `crypto_cbc_encrypt_segment`, crypto/ecb.c (6.18) */
function encryptBlock(keys: Uint8Array, block: Uint8Array, chain: Uint8Array): Uint8Array {
  mix(block, chain);
  const result = aesEncrypt(keys, block);
  chain.set(result.subarray(0, chain.length));
  return result;
}

/** @linux crypto/cbc.c `crypto_cbc_decrypt_segment`, crypto/ecb.c (6.18) */
function decryptBlock(keys: Uint8Array, block: Uint8Array, chain: Uint8Array): Uint8Array {
  const result = aesDecrypt(keys, block);
  mix(result, chain);
  chain.set(block.subarray(0, chain.length));
  return result;
}

function mix(block: Uint8Array, chain: Uint8Array): void {
  for (let i = 0; i < chain.length; i++) block[i]! ^= chain[i]!;
}
