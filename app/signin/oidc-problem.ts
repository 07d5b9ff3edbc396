/** Why a sign-in by the provider came to nothing, and what to do. */
export function oidcProblem(kind: unknown, provider: string): string | undefined {
  switch (kind) {
    case "away":
      return `${provider} does not answer: try again in a minute.`;
    case "paused":
      return "Too many tries from your network: try again in a minute.";
    case "again":
      return "That sign-in took too long, or was begun in another window: try again.";
    case "cancelled":
      return `You have turned back at ${provider}.`;
    case "failed":
      return `${provider} and this site do not understand each other: try again, and if that does not help, tell the administrator of this site.`;
    case "banned":
      return "This account is closed. The administrator of the site can open it again.";
    case "unverified":
      return `${provider} does not say that your e-mail address is verified: verify it there, or ask your instructor for an account.`;
    case "has-account":
      return `There is an account with your address here already. Enter it by its password, or by a link from your instructor or the administrator, and connect it with ${provider} on the page Account.`;
    case "no-account":
      return "Nobody has an account with your address here. Ask your instructor for one, or for a link into the run.";
    default:
      return undefined;
  }
}
