import { expect, test } from "vitest";
import { aesDecrypt, aesEncrypt, aesExpandKey } from "./aes.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

// FIPS 197, appendix C.
test.each([
  ["000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"],
  ["000102030405060708090a0b0c0d0e0f1011121314151617", "dda97ca4864cdfe06eaf70a0ec0d7191"],
  [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "8ea2b7ca516745bfeafc49904b496089",
  ],
])("a block and the key %s make what the standard says, and back", (key, cipher) => {
  const keys = aesExpandKey(hex(key))!;
  const plain = hex("00112233445566778899aabbccddeeff");
  expect(aesEncrypt(keys, plain)).toEqual(hex(cipher));
  expect(aesDecrypt(keys, hex(cipher))).toEqual(plain);
});
