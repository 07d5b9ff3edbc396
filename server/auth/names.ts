import * as z from "zod";

const PASSWORD_LENGTH_MIN = 10;
/** Longer ones only keep the server busy. */
const PASSWORD_LENGTH_MAX = 128;

/** What a person is called. */
export const PersonName = z
  .string()
  .trim()
  .min(1, "The name is missing.")
  .max(80, "A name has at most 80 characters.");

/** Never with an `@`, which tells an address from a user name. */
export const Username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]$/,
    "A user name has 3 to 30 letters, digits, dots, hyphens or underscores, and begins and ends with a letter or digit.",
  );

export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email("That is not an e-mail address."));

/** A password as it is chosen; what is tried at a sign-in has only the upper limit. */
export const NewPassword = z
  .string()
  .min(PASSWORD_LENGTH_MIN, `A password has at least ${PASSWORD_LENGTH_MIN} characters.`)
  .max(PASSWORD_LENGTH_MAX, `A password has at most ${PASSWORD_LENGTH_MAX} characters.`);

export const TriedPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);
