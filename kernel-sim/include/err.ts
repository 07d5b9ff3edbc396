/** Whether a result is a negative error number (`IS_ERR_VALUE`). */
export function isErr(result: number): boolean {
  return result < 0 && result >= -4095;
}
