/** Bits of `cred.securebits`, each followed by its lock: `include/uapi/linux/securebits.h` (6.18). */
export const SECBIT_NOROOT = 0x1;
export const SECBIT_NO_SETUID_FIXUP = 0x4;
export const SECBIT_KEEP_CAPS = 0x10;
export const SECBIT_KEEP_CAPS_LOCKED = 0x20;
export const SECBIT_NO_CAP_AMBIENT_RAISE = 0x40;
export const SECURE_ALL_BITS = 0x555;
export const SECURE_ALL_LOCKS = SECURE_ALL_BITS << 1;
/** EXEC_RESTRICT_FILE and EXEC_DENY_INTERACTIVE: programs bind themselves by them, the kernel nobody. */
export const SECURE_ALL_UNPRIVILEGED = 0x500;
