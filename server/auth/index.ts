export { type AttemptRule, countAttempt } from "./attempts.ts";
export { type CreateAccountResult, createAccount } from "./create-account.ts";
export { type DemoAccount, enterDemo, isDemoAccount, offeredDemoAccounts } from "./demo.ts";
export { initialsOf } from "./initials.ts";
export { Email, NewPassword, PersonName, TriedPassword, Username } from "./names.ts";
export {
  connectIdentity,
  disconnectIdentity,
  type EnterResult,
  enterByOidc,
  isConnected,
} from "./oidc/identity.ts";
export {
  beginOidc,
  connectPath,
  connectsWhom,
  endSessionUrl,
  finishOidc,
} from "./oidc/journey.ts";
export { allowsPasswords, type OidcSettings, oidcSettings } from "./oidc/settings.ts";
export { openTicket, TICKET_S, ticketCookie } from "./oidc/ticket.ts";
export {
  type ChangePasswordResult,
  changePassword,
  endSessions,
  type OwnSession,
  ownSessions,
  renameOneself,
} from "./own-account.ts";
export {
  makePasswordLink,
  ownerOfPasswordLink,
  redeemPasswordLink,
} from "./password-link.ts";
export { safeReturn } from "./safe-return.ts";
export {
  countForgotten,
  SIGN_IN_RULE,
  type SignInResult,
  signIn,
  signOut,
  startSession,
} from "./sign-in.ts";
export { isSignUpOpen, type SignUpResult, signUp } from "./sign-up.ts";
export { standIn } from "./stand-in.ts";
export { currentViewer } from "./viewer.ts";
