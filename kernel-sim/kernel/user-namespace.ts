/**
 * A user namespace. There is one, the initial one.
 *
 * @linux include/linux/user_namespace.h (6.18)
 * @simplified no others can be made: CLONE_NEWUSER answers EINVAL, as a kernel without CONFIG_USER_NS does.
 */
export interface UserNamespace {
  readonly level: 0;
}
