/**
 * Atomic instructions. One CPU runs at a time, so being atomic takes nothing.
 *
 * @spec RFC 9669 §5.3
 */

/** Low four bits say whether the old value is fetched. */
const BPF_FETCH = 0x01;
const BPF_XCHG = 0xe1;
const BPF_CMPXCHG = 0xf1;

/** @param s doubled number of the source register; CMPXCHG compares with and answers in R0 */
export function atomic32(
  view: DataView,
  r: Int32Array,
  address: number,
  s: number,
  operation: number,
): void {
  const old = view.getInt32(address, true);
  if (operation === BPF_CMPXCHG) {
    if (old === r[0]) view.setInt32(address, r[s]!, true);
    r[0] = old;
    r[1] = 0;
    return;
  }
  view.setInt32(address, combine32(operation, old, r[s]!), true);
  if ((operation & BPF_FETCH) !== 0) {
    r[s] = old;
    r[s + 1] = 0;
  }
}

export function atomic64(
  view: DataView,
  r: Int32Array,
  address: number,
  s: number,
  operation: number,
): void {
  const low = view.getInt32(address, true);
  const high = view.getInt32(address + 4, true);
  if (operation === BPF_CMPXCHG) {
    if (low === r[0] && high === r[1]) {
      view.setInt32(address, r[s]!, true);
      view.setInt32(address + 4, r[s + 1]!, true);
    }
    r[0] = low;
    r[1] = high;
    return;
  }
  const newLow = combine32(operation, low, r[s]!);
  const isAdd = (operation & 0xf0) === 0;
  const carry = isAdd && newLow >>> 0 < low >>> 0 ? 1 : 0;
  view.setInt32(address, newLow, true);
  view.setInt32(address + 4, (combine32(operation, high, r[s + 1]!) + carry) | 0, true);
  if ((operation & BPF_FETCH) !== 0) {
    r[s] = low;
    r[s + 1] = high;
  }
}

function combine32(operation: number, a: number, b: number): number {
  if (operation === BPF_XCHG) return b;
  switch (operation & 0xf0) {
    case 0x40:
      return a | b;
    case 0x50:
      return a & b;
    case 0xa0:
      return a ^ b;
    default:
      return (a + b) | 0;
  }
}
