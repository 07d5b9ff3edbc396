/** The seed that is a student's own: the same for all attempts at one exercise version. */
import { createHmac } from "node:crypto";

/** @param secret the server's: without it nobody can compute the numbers of a hidden test */
export function studentSeed(secret: string, userId: string, versionHash: string): number {
  const mac = createHmac("sha256", secret).update(`grading-seed\0${userId}\0${versionHash}`);
  return mac.digest().readUInt32BE(0);
}
