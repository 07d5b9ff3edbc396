export { type DemoAccount, enterDemo, isDemoAccount, offeredDemoAccounts } from "./demo.ts";
export { Email, NewPassword, PersonName, TriedPassword, Username } from "./names.ts";
export { safeReturn } from "./safe-return.ts";
export { SIGN_IN_RULE, type SignInResult, signIn, signOut } from "./sign-in.ts";
export { currentViewer, viewerOf } from "./viewer.ts";
