/** Round numbers at equal distances that take in 0 and everything between `min` and `max`. */
export function ticks(min: number, max: number): readonly number[] {
  const low = Math.min(0, min);
  const high = Math.max(0, max, low + Number.EPSILON);
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  const size = unit * power;
  const first = Math.floor(low / size);
  const last = Math.max(first + 1, Math.ceil(high / size));
  return Array.from({ length: last - first + 1 }, (_, place) => tidy((first + place) * size));
}

/** Without what binary fractions leave over: 0.30000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** With a thin space between thousands, as the book sets numbers. */
export function spaced(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u2009");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
