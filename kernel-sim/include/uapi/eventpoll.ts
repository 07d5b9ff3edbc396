/** Flags and commands of epoll(7): `include/uapi/linux/eventpoll.h` (6.18). Its events are in `poll.ts`. */
export const EPOLLEXCLUSIVE = 1 << 28;
export const EPOLLWAKEUP = 1 << 29;
export const EPOLLONESHOT = 1 << 30;
/** The sign bit: as a 32-bit number it is negative. */
export const EPOLLET = 1 << 31;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
