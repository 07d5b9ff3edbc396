/** Said behind what somebody became who teaches now, when a link to their password was open; else "". */
export function closedLinkText({
  closedLink,
  isMailed,
}: {
  readonly closedLink: boolean;
  readonly isMailed: boolean;
}): string {
  if (!closedLink) return "";
  return isMailed
    ? "; their open link to a password is closed, and another one is mailed to them"
    : "; their open link to a password is closed: an administrator can make another one";
}
