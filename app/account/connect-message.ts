/** What came of connecting an account with the provider. */
export function connectMessage(kind: unknown, provider: string): string {
  switch (kind) {
    case "connected":
      return `From now on you can sign in with ${provider}.`;
    case "off":
      return "The connection is taken away: sign in by your password. Whoever does not know it asks for a link that sets one.";
    case "taken":
      return `That sign-in at ${provider} belongs to another account here: take the connection away there first.`;
    case "cancelled":
      return `You have turned back at ${provider}.`;
    case "again":
    case "failed":
      return "That came to nothing: try again.";
    default:
      return "";
  }
}
