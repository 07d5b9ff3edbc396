/** A point of time by the calendar, in UTC. */
interface CalendarTime {
  readonly year: number;
  /** 0 is January. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly yearDay: number;
}

const DAY = 86_400;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const LONG_MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const LONG_WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** gmtime(3). */
function calendarTime(seconds: number): CalendarTime {
  const days = Math.floor(seconds / DAY);
  const rest = seconds - days * DAY;
  let year = 1970;
  let yearDay = days;
  while (yearDay < 0) yearDay += daysOf(--year);
  while (yearDay >= daysOf(year)) yearDay -= daysOf(year++);
  let month = 0;
  let day = yearDay;
  while (day >= monthDays(year, month)) day -= monthDays(year, month++);
  return {
    year,
    month,
    day: day + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: Math.floor(rest) % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay,
  };
}

/** strftime(3) for the conversions that the programs use. */
export function formatTime(format: string, ns: number): string {
  const seconds = Math.floor(ns / 1e9);
  const time = calendarTime(seconds);
  return format.replace(/%(.)/g, (all, letter: string) => conversion(letter, time, ns) ?? all);
}

function conversion(letter: string, time: CalendarTime, ns: number): string | undefined {
  const two = (n: number) => String(n).padStart(2, "0");
  switch (letter) {
    case "Y":
      return String(time.year);
    case "y":
      return two(time.year % 100);
    case "m":
      return two(time.month + 1);
    case "d":
      return two(time.day);
    case "e":
      return String(time.day).padStart(2);
    case "H":
      return two(time.hour);
    case "I":
      return two(((time.hour + 11) % 12) + 1);
    case "p":
      return time.hour < 12 ? "AM" : "PM";
    case "M":
      return two(time.minute);
    case "S":
      return two(time.second);
    case "N":
      return String(ns % 1e9).padStart(9, "0");
    case "s":
      return String(Math.floor(ns / 1e9));
    case "j":
      return String(time.yearDay + 1).padStart(3, "0");
    case "u":
      return String(time.weekday || 7);
    case "w":
      return String(time.weekday);
    case "a":
      return WEEKDAYS[time.weekday];
    case "A":
      return LONG_WEEKDAYS[time.weekday];
    case "b":
    case "h":
      return MONTHS[time.month];
    case "B":
      return LONG_MONTHS[time.month];
    case "F":
      return `${time.year}-${two(time.month + 1)}-${two(time.day)}`;
    case "T":
      return `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
    case "R":
      return `${two(time.hour)}:${two(time.minute)}`;
    case "D":
      return `${two(time.month + 1)}/${two(time.day)}/${two(time.year % 100)}`;
    case "Z":
      return "UTC";
    case "z":
      return "+0000";
    case "n":
      return "\n";
    case "t":
      return "\t";
    case "%":
      return "%";
    default:
      return undefined;
  }
}

function daysOf(year: number): number {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 366 : 365;
}

function monthDays(year: number, month: number): number {
  return month === 1
    ? daysOf(year) - 337
    : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]!;
}
