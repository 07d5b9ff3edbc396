import { exercise, type Plain, type TestContext } from "exercise";

interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

interface Bounds {
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
}

type Operation = "Add" | "And" | "Shl";

/** One question: an operation on two operands; for Shl the second is the distance. */
interface Question<T> {
  readonly a: T;
  readonly b: T | number;
  readonly width: number;
}

export default exercise("inside-the-verifier", ({ test }) => {
  test("tnum-add-sound", async (context) => {
    const questions = [
      ...allTnumPairs(3),
      ...aFourth(context, allTnumPairs(4)),
      ...someTnumPairs(context, 6, 800),
      ...someTnumPairs(context, 64, 200),
    ];
    await tnumsSound(context, "Add", questions);
    await tnumConstants(context, "Add");
  });

  test("tnum-and-shl-sound", async (context) => {
    const pairs = [...allTnumPairs(3), ...aFourth(context, allTnumPairs(4))];
    await tnumsSound(context, "And", [...pairs, ...someTnumPairs(context, 6, 400)]);
    await tnumsSound(context, "Shl", [...allShifts(4), ...aFourth(context, allShifts(6))]);
    await tnumConstants(context, "And");
    await tnumConstants(context, "Shl");
  });

  test("unsigned-sound", async (context) => {
    for (const operation of ["Add", "And", "Shl"] as const) {
      await boundsSound(context, operation, "unsigned");
      await boundsConstants(context, operation);
    }
  });

  test("signed-sound", async (context) => {
    for (const operation of ["Add", "And", "Shl"] as const) {
      await boundsSound(context, operation, "signed");
      await boundsConstants(context, operation);
    }
  });

  test("tnum-precise", async (context) => {
    await tnumsBest(context, "Add", [...allTnumPairs(3), ...someTnumPairs(context, 6, 600)]);
    await tnumsBest(context, "And", [...allTnumPairs(3), ...someTnumPairs(context, 6, 600)]);
    await tnumsBest(context, "Shl", allShifts(4));
  });

  test("bounds-precise", async (context) => {
    await boundsExact(context);
  });

  test("programs", async (context) => {
    await runChains(context);
  });
});

// --- asking ------------------------------------------------------------------

async function askTnums(
  { player, check }: TestContext,
  operation: Operation,
  questions: readonly Question<Tnum>[],
): Promise<Tnum[]> {
  const name = `tnum${operation}`;
  const answers = await player.callBatch(name, questions.map(argumentsOf));
  return answers.map((answer, i) => {
    check(answer.kind === "returned", `${name} threw an error.`);
    const tnum = answer.kind === "returned" ? (answer.value as unknown as Tnum) : undefined;
    const width = (questions[i] as Question<Tnum>).width;
    const isTnum =
      isWord(tnum?.value, width) && isWord(tnum?.mask, width) && (tnum.value & tnum.mask) === 0n;
    check(
      isTnum,
      `${name} must answer { value, mask } with no bit in both and none above the width.`,
    );
    return tnum as Tnum;
  });
}

async function askBounds(
  { player, check }: TestContext,
  operation: Operation,
  questions: readonly Question<Bounds>[],
): Promise<Bounds[]> {
  const name = `bounds${operation}`;
  const answers = await player.callBatch(name, questions.map(argumentsOf));
  return answers.map((answer, i) => {
    check(answer.kind === "returned", `${name} threw an error.`);
    const bounds = answer.kind === "returned" ? (answer.value as unknown as Bounds) : undefined;
    const width = (questions[i] as Question<Bounds>).width;
    const half = 1n << BigInt(width - 1);
    const isSigned = (end: unknown) => typeof end === "bigint" && end >= -half && end < half;
    check(
      isWord(bounds?.umin, width) &&
        isWord(bounds?.umax, width) &&
        isSigned(bounds?.smin) &&
        isSigned(bounds?.smax),
      `${name} must answer { umin, umax, smin, smax } within the width.`,
    );
    return bounds as Bounds;
  });
}

function argumentsOf(question: Question<Tnum | Bounds>): Plain[] {
  return [question.a as unknown as Plain, question.b as unknown as Plain, question.width];
}

function isWord(word: unknown, width: number): word is bigint {
  return typeof word === "bigint" && word >= 0n && word < 1n << BigInt(width);
}

// --- tnums -------------------------------------------------------------------

async function tnumsSound(
  context: TestContext,
  operation: Operation,
  questions: readonly Question<Tnum>[],
): Promise<void> {
  const answers = await askTnums(context, operation, questions);
  questions.forEach((question, i) => {
    const { value, mask } = answers[i] as Tnum;
    const { ones, any } = bitsOfResults(context, operation, question);
    // A result that is excluded differs in a known bit: one that `any` has too many, or `ones` too few.
    context.check(
      (ones & ~mask) === value && (any & ~mask) === value,
      `tnum${operation} loses a possible result: its answer excludes a word that the operation can give.`,
    );
  });
}

async function tnumsBest(
  context: TestContext,
  operation: Operation,
  questions: readonly Question<Tnum>[],
): Promise<void> {
  const answers = await askTnums(context, operation, questions);
  questions.forEach((question, i) => {
    const { ones, any } = bitsOfResults(context, operation, question);
    const { value, mask } = answers[i] as Tnum;
    context.check(
      value === ones && mask === (any & ~ones),
      `tnum${operation} is not the best possible: it leaves a bit unknown that is always the same, or knows one that is not.`,
    );
  });
}

async function tnumConstants(context: TestContext, operation: Operation): Promise<void> {
  const { random, check } = context;
  const questions = Array.from({ length: 20 }, () => ({
    a: { value: random.bigint(0n, 63n), mask: 0n },
    b: operation === "Shl" ? random.int(0, 5) : { value: random.bigint(0n, 63n), mask: 0n },
    width: 6,
  }));
  const answers = await askTnums(context, operation, questions);
  check(
    answers.every((answer) => answer.mask === 0n),
    `tnum${operation} of two constants is a constant.`,
  );
}

interface Bits {
  /** Set in all results. */
  readonly ones: bigint;
  /** Set in some result. */
  readonly any: bigint;
}

/** Of all results for narrow words; for wide ones of some, from random members. */
function bitsOfResults(
  { random }: TestContext,
  operation: Operation,
  { a, b, width }: Question<Tnum>,
): Bits {
  if (width <= 6) return bitsOfNarrow(operation, { a, b, width });
  const someMembers = ({ value, mask }: Tnum) => [
    value,
    value | mask,
    ...Array.from({ length: 6 }, () => value | (random.bigint(0n, (1n << 64n) - 1n) & mask)),
  ];
  const right = typeof b === "number" ? [BigInt(b)] : someMembers(b);
  const results = someMembers(a).flatMap((x) => right.map((y) => apply(operation, x, y, width)));
  const ones = results.reduce((all, word) => all & word);
  return { ones, any: results.reduce((all, word) => all | word) };
}

/** In numbers, which a hundred thousand results are worth. */
function bitsOfNarrow(operation: Operation, { a, b, width }: Question<Tnum>): Bits {
  const right = typeof b === "number" ? [b] : membersOf(b);
  let ones = -1;
  let any = 0;
  for (const x of membersOf(a)) {
    for (const y of right) {
      const result = applyNarrow(operation, x, y, width);
      ones &= result;
      any |= result;
    }
  }
  return { ones: BigInt(ones), any: BigInt(any) };
}

function membersOf(tnum: Tnum): number[] {
  const [value, mask] = [Number(tnum.value), Number(tnum.mask)];
  const words: number[] = [];
  // Counts through the subsets of the mask.
  for (let part = mask; ; part = (part - 1) & mask) {
    words.push(value | part);
    if (part === 0) return words;
  }
}

function allTnums(width: number): Tnum[] {
  const words = 1n << BigInt(width);
  const tnums: Tnum[] = [];
  for (let mask = 0n; mask < words; mask++)
    for (let value = 0n; value < words; value++)
      if ((value & mask) === 0n) tnums.push({ value, mask });
  return tnums;
}

function allTnumPairs(width: number): Question<Tnum>[] {
  const tnums = allTnums(width);
  return tnums.flatMap((a) => tnums.map((b) => ({ a, b, width })));
}

function allShifts(width: number): Question<Tnum>[] {
  const distances = Array.from({ length: width }, (_, distance) => distance);
  return allTnums(width).flatMap((a) => distances.map((b) => ({ a, b, width })));
}

/** Another one with each seed. */
function aFourth<T>({ random }: TestContext, all: readonly T[]): T[] {
  const kept = random.int(0, 3);
  return all.filter((_, index) => index % 4 === kept);
}

function someTnumPairs({ random }: TestContext, width: number, count: number): Question<Tnum>[] {
  const top = (1n << BigInt(width)) - 1n;
  const word = () => (width <= 6 ? BigInt(random.int(0, Number(top))) : random.bigint(0n, top));
  const one = (): Tnum => {
    const mask = word() & word();
    return { mask, value: word() & ~mask };
  };
  return Array.from({ length: count }, () => ({ a: one(), b: one(), width }));
}

// --- bounds ------------------------------------------------------------------

async function boundsSound(
  context: TestContext,
  operation: Operation,
  reading: "unsigned" | "signed",
): Promise<void> {
  const questions = someBounds(context, operation);
  const answers = await askBounds(context, operation, questions);
  questions.forEach((question, i) => {
    const { umin, umax, smin, smax } = answers[i] as Bounds;
    const ends = endsOfResults(operation, question);
    const isInside =
      reading === "unsigned"
        ? umin <= ends.umin && ends.umax <= umax
        : smin <= ends.smin && ends.smax <= smax;
    context.check(
      isInside,
      `bounds${operation}: the ${reading} bounds leave out a word that the operation can give. What overflows?`,
    );
  });
}

async function boundsConstants(context: TestContext, operation: Operation): Promise<void> {
  const { random, check } = context;
  const constant = (): Bounds => {
    const end = random.bigint(0n, 3n);
    return { umin: end, umax: end, smin: end, smax: end };
  };
  const questions = Array.from({ length: 12 }, () => ({
    a: constant(),
    b: operation === "Shl" ? random.int(0, 2) : constant(),
    width: 6,
  }));
  const answers = await askBounds(context, operation, questions);
  answers.forEach(({ umin, umax, smin, smax }, i) => {
    const { a, b } = questions[i] as Question<Bounds>;
    const limit =
      operation === "And"
        ? a.umax
        : apply(operation, a.umax, typeof b === "number" ? BigInt(b) : b.umax, 6);
    check(
      umax <= limit && smax <= limit && umin >= 0n && smin >= 0n,
      `bounds${operation} of two small constants must be bounded: no end overflows.`,
    );
  });
}

async function boundsExact(context: TestContext): Promise<void> {
  const { random, check } = context;
  const span = (top: bigint): Bounds => {
    const [x, y] = [random.bigint(0n, top), random.bigint(0n, top)];
    const [least, most] = x < y ? [x, y] : [y, x];
    return { umin: least, umax: most, smin: least, smax: most };
  };
  for (const width of [8, 32, 64]) {
    const quarter = (1n << BigInt(width - 2)) - 1n;
    const pairs = Array.from({ length: 60 }, () => ({ a: span(quarter), b: span(quarter), width }));
    const sums = await askBounds(context, "Add", pairs);
    sums.forEach((sum, i) => {
      const { a, b } = pairs[i] as { a: Bounds; b: Bounds };
      const isExact =
        sum.umin === a.umin + b.umin &&
        sum.umax === a.umax + b.umax &&
        sum.smin === sum.umin &&
        sum.smax === sum.umax;
      check(isExact, "boundsAdd is not exact although neither end overflows.");
    });
    const ands = await askBounds(context, "And", pairs);
    ands.forEach((and, i) => {
      const { a, b } = pairs[i] as { a: Bounds; b: Bounds };
      const least = a.umax < b.umax ? a.umax : b.umax;
      check(
        and.umax <= least && and.smax <= least && and.smin >= 0n,
        "boundsAnd: x & y is not negative here and never larger than the smaller of the two.",
      );
    });
    const negative = Array.from({ length: 30 }, () => ({
      a: below(span(quarter), width),
      b: span(quarter),
      width,
    }));
    const mixed = await askBounds(context, "Add", negative);
    mixed.forEach((sum, i) => {
      const { a, b } = negative[i] as { a: Bounds; b: Bounds };
      check(
        sum.smin === a.smin + b.smin && sum.smax === a.smax + b.smax,
        "boundsAdd of a negative and a positive range is not exact when read as signed.",
      );
    });
    const shifts = Array.from({ length: 40 }, () => ({ a: span(15n), b: random.int(0, 3), width }));
    const shifted = await askBounds(context, "Shl", shifts);
    shifted.forEach((shl, i) => {
      const { a, b } = shifts[i] as { a: Bounds; b: number };
      if (a.umax << BigInt(b) > quarter) return;
      check(
        shl.umin === a.umin << BigInt(b) &&
          shl.umax === a.umax << BigInt(b) &&
          shl.smax === shl.umax,
        "boundsShl is not exact although neither end overflows.",
      );
    });
  }
}

/** The range of -x for x in `bounds`, without 0. */
function below(bounds: Bounds, width: number): Bounds {
  const [smin, smax] = [-bounds.umax - 1n, -bounds.umin - 1n];
  return { smin, smax, umin: BigInt.asUintN(width, smin), umax: BigInt.asUintN(width, smax) };
}

function someBounds({ random }: TestContext, operation: Operation): Question<Bounds>[] {
  const questions: Question<Bounds>[] = [];
  for (let i = 0; i < 400; i++) {
    const width = random.pick([4, 5, 6]);
    const b = operation === "Shl" ? random.int(0, width - 1) : oneBounds(random, width);
    questions.push({ a: oneBounds(random, width), b, width });
  }
  return questions;
}

function oneBounds(random: TestContext["random"], width: number): Bounds {
  const half = 1 << (width - 1);
  for (;;) {
    const ends = (least: number, most: number) => {
      const [x, y] = [random.int(least, most), random.int(least, most)];
      return x < y ? ([x, y] as const) : ([y, x] as const);
    };
    const all = random.int(0, 3);
    const [umin, umax] = all === 0 ? [0, 2 * half - 1] : ends(0, 2 * half - 1);
    const [smin, smax] = all === 1 ? [-half, half - 1] : ends(-half, half - 1);
    const bounds = {
      umin: BigInt(umin),
      umax: BigInt(umax),
      smin: BigInt(smin),
      smax: BigInt(smax),
    };
    if (wordsOf(bounds, width).length > 0) return bounds;
  }
}

/** All words of a narrow range. */
function wordsOf(bounds: Bounds, width: number): number[] {
  const [umin, umax] = [Number(bounds.umin), Number(bounds.umax)];
  const [smin, smax] = [Number(bounds.smin), Number(bounds.smax)];
  const words: number[] = [];
  for (let word = umin; word <= umax; word++) {
    const signed = signedOf(word, width);
    if (smin <= signed && signed <= smax) words.push(word);
  }
  return words;
}

/** The narrowest bounds that hold all results. */
function endsOfResults(operation: Operation, { a, b, width }: Question<Bounds>): Bounds {
  const right = typeof b === "number" ? [b] : wordsOf(b, width);
  let [umin, umax, smin, smax] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const x of wordsOf(a, width)) {
    for (const y of right) {
      const word = applyNarrow(operation, x, y, width);
      const signed = signedOf(word, width);
      if (word < umin) umin = word;
      if (word > umax) umax = word;
      if (signed < smin) smin = signed;
      if (signed > smax) smax = signed;
    }
  }
  return { umin: BigInt(umin), umax: BigInt(umax), smin: BigInt(smin), smax: BigInt(smax) };
}

function signedOf(word: number, width: number): number {
  return word >= 1 << (width - 1) ? word - (1 << width) : word;
}

function applyNarrow(operation: Operation, x: number, y: number, width: number): number {
  const whole = operation === "Add" ? x + y : operation === "And" ? x & y : x << y;
  return whole & ((1 << width) - 1);
}

function apply(operation: Operation, x: bigint, y: bigint, width: number): bigint {
  const whole = operation === "Add" ? x + y : operation === "And" ? x & y : x << y;
  return BigInt.asUintN(width, whole);
}

// --- chains ------------------------------------------------------------------

type Step = readonly ["&" | "+" | "<<", bigint] | readonly ["+x", bigint];

interface Chain {
  /** How many bits of the start are unknown: a load of 8, 16 or 32 bits into a 64-bit register. */
  readonly loaded: number;
  /** `["+x", m]` adds a second number that was masked by m. */
  readonly steps: readonly Step[];
  /** The index must be at most this. */
  readonly most: bigint;
  /** Set when the index must be known to be a multiple of this power of two. */
  readonly multipleOf?: bigint;
}

const CHAINS: readonly Chain[] = [
  { loaded: 8, steps: [["&", 15n]], most: 15n },
  {
    loaded: 32,
    steps: [
      ["&", 0xf8n],
      ["+", 8n],
    ],
    most: 256n,
    multipleOf: 8n,
  },
  { loaded: 8, steps: [["+", 1n]], most: 256n },
  { loaded: 8, steps: [["<<", 3n]], most: 2040n, multipleOf: 8n },
  {
    loaded: 16,
    steps: [
      ["&", 15n],
      ["<<", 2n],
    ],
    most: 60n,
    multipleOf: 4n,
  },
  {
    loaded: 16,
    steps: [
      ["&", 15n],
      ["<<", 2n],
      ["+", 14n],
    ],
    most: 74n,
    multipleOf: 2n,
  },
  {
    loaded: 32,
    steps: [
      ["&", 63n],
      ["+x", 63n],
    ],
    most: 126n,
  },
  {
    loaded: 32,
    steps: [
      ["&", 60n],
      ["+x", 3n],
    ],
    most: 63n,
  },
  {
    loaded: 8,
    steps: [
      ["+x", 255n],
      ["&", 255n],
    ],
    most: 255n,
  },
  {
    loaded: 32,
    steps: [
      ["<<", 4n],
      ["&", 0xf0n],
    ],
    most: 240n,
    multipleOf: 16n,
  },
  {
    loaded: 8,
    steps: [
      ["+", 3n],
      ["&", 252n],
    ],
    most: 252n,
    multipleOf: 4n,
  },
  {
    loaded: 16,
    steps: [
      ["&", 1n],
      ["<<", 5n],
      ["+x", 31n],
    ],
    most: 63n,
  },
  {
    loaded: 8,
    steps: [
      ["&", 7n],
      ["+", 1n],
      ["<<", 3n],
    ],
    most: 64n,
    multipleOf: 8n,
  },
  {
    loaded: 16,
    steps: [
      ["&", 0x1ff0n],
      ["+x", 15n],
    ],
    most: 0x1fffn,
  },
  {
    loaded: 8,
    steps: [
      ["<<", 8n],
      ["+x", 255n],
    ],
    most: 65535n,
  },
  {
    loaded: 32,
    steps: [
      ["&", 12n],
      ["+", 16n],
      ["+x", 3n],
    ],
    most: 31n,
  },
  {
    loaded: 16,
    steps: [
      ["+", 100n],
      ["&", 127n],
    ],
    most: 127n,
  },
  {
    loaded: 8,
    steps: [
      ["&", 240n],
      ["+", 16n],
      ["<<", 1n],
    ],
    most: 512n,
    multipleOf: 32n,
  },
  {
    loaded: 8,
    steps: [
      ["&", 3n],
      ["<<", 2n],
      ["+x", 3n],
      ["+", 1n],
    ],
    most: 16n,
  },
  {
    loaded: 32,
    steps: [
      ["<<", 2n],
      ["+", 4n],
      ["&", 0x3fcn],
    ],
    most: 0x3fcn,
    multipleOf: 4n,
  },
];

interface Register {
  readonly tnum: Tnum;
  readonly bounds: Bounds;
}

/** All chains at once, one step of each after the other: few questions instead of a hundred. */
async function runChains(context: TestContext): Promise<void> {
  const registers = CHAINS.map(({ loaded }) => below2(loaded));
  const longest = Math.max(...CHAINS.map(({ steps }) => steps.length));
  for (let at = 0; at < longest; at++) {
    for (const operation of ["Add", "And", "Shl"] as const) {
      const those = CHAINS.flatMap(({ steps }, index) =>
        operationOf(steps[at]) === operation ? [{ index, step: steps[at] as Step }] : [],
      );
      if (those.length > 0) await takeStep(context, operation, registers, those);
    }
  }
  for (const [index, chain] of CHAINS.entries()) {
    checkChain(context, chain, registers[index] as Register);
  }
}

function operationOf(step: Step | undefined): Operation | undefined {
  if (step === undefined) return undefined;
  return step[0] === "&" ? "And" : step[0] === "<<" ? "Shl" : "Add";
}

async function takeStep(
  context: TestContext,
  operation: Operation,
  registers: Register[],
  those: readonly { readonly index: number; readonly step: Step }[],
): Promise<void> {
  const width = 64;
  const operands = those.map(({ index, step: [operator, operand] }) => {
    const right: Register = operator === "+x" ? maskedBy(operand) : constant(operand);
    const distance = operation === "Shl" ? Number(operand) : undefined;
    return { left: registers[index] as Register, right, distance };
  });
  const tnums = await askTnums(
    context,
    operation,
    operands.map(({ left, right, distance }) => ({
      a: left.tnum,
      b: distance ?? right.tnum,
      width,
    })),
  );
  const bounds = await askBounds(
    context,
    operation,
    operands.map(({ left, right, distance }) => ({
      a: left.bounds,
      b: distance ?? right.bounds,
      width,
    })),
  );
  those.forEach(({ index }, i) => {
    registers[index] = sync({ tnum: tnums[i] as Tnum, bounds: bounds[i] as Bounds });
  });
}

function checkChain(
  context: TestContext,
  { loaded, steps, most, multipleOf = 1n }: Chain,
  index: Register,
): void {
  context.check(
    index.bounds.umax <= most,
    `After ${describe(loaded, steps)} the index is at most ${most}; your functions say ${index.bounds.umax}.`,
  );
  context.check(
    ((index.tnum.value | index.tnum.mask) & (multipleOf - 1n)) === 0n,
    `After ${describe(loaded, steps)} the index is a multiple of ${multipleOf}; your tnum does not know.`,
  );
}

function describe(loaded: number, steps: readonly Step[]): string {
  return [
    `a load of ${loaded} bits`,
    ...steps.map(([operator, n]) => (operator === "+x" ? `+ (y & ${n})` : `${operator} ${n}`)),
  ].join(", ");
}

function below2(bits: number): Register {
  const umax = (1n << BigInt(bits)) - 1n;
  return { tnum: { value: 0n, mask: umax }, bounds: { umin: 0n, umax, smin: 0n, smax: umax } };
}

function maskedBy(mask: bigint): Register {
  return { tnum: { value: 0n, mask }, bounds: { umin: 0n, umax: mask, smin: 0n, smax: mask } };
}

function constant(value: bigint): Register {
  return {
    tnum: { value, mask: 0n },
    bounds: { umin: value, umax: value, smin: value, smax: value },
  };
}

/** Bits and unsigned bounds teach each other, as in `reg_bounds_sync()`. */
function sync({ tnum, bounds }: Register): Register {
  const highest = tnum.value | tnum.mask;
  const umin = bounds.umin > tnum.value ? bounds.umin : tnum.value;
  const umax = bounds.umax < highest ? bounds.umax : highest;
  const isPositive = umax < 1n << 63n;
  return {
    tnum,
    bounds: isPositive ? { umin, umax, smin: umin, smax: umax } : { ...bounds, umin, umax },
  };
}
