/** A real OpenID provider of the tests' own: whoever comes is the person that the test has named. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import Provider from "oidc-provider";
import { freePort } from "./site.ts";

/** Somebody at the provider. */
export interface ProviderPerson {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean | string;
  readonly name?: string;
  readonly preferred_username?: string;
}

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who comes next; undefined: they turn back. */
  person: ProviderPerson | undefined;
  /** What a browser brings back to the site, from where the site has sent it. */
  readonly visit: (url: string) => Promise<URL>;
  readonly close: () => Promise<void>;
}

interface TestProviderOptions {
  /** Where the site lets itself be called back. */
  readonly callback: string;
  /** The client proves itself in the form, not in the header. */
  readonly isPost?: boolean;
  /** Claims stand in the ID token, not only in what is asked for later. */
  readonly inIdToken?: boolean;
}

export async function startProvider(options: TestProviderOptions): Promise<TestProvider> {
  const { callback, isPost = false, inIdToken = false } = options;
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const clientId = "kernelbook";
  const clientSecret = `a secret: ${randomUUID()}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signing = { ...privateKey.export({ format: "jwk" }), kty: "RSA", use: "sig", kid: "1" };
  const people = new Map<string, ProviderPerson>();
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [new URL("/signin", callback).href],
        token_endpoint_auth_method: isPost ? "client_secret_post" : "client_secret_basic",
      },
    ],
    clientAuthMethods: [isPost ? "client_secret_post" : "client_secret_basic"],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "preferred_username"],
    },
    conformIdTokenClaims: !inIdToken,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: [randomUUID()] },
    jwks: { keys: [signing] },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => {
      const person = people.get(sub);
      if (person === undefined) return undefined;
      return { accountId: sub, claims: () => ({ ...person }) };
    },
    // Everybody agrees to whatever the site asks.
    loadExistingGrant: async ({ oidc }) => {
      const accountId = oidc.session?.accountId;
      const grant = new oidc.provider.Grant({ clientId, ...(accountId && { accountId }) });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/interaction/")) signInAtProvider(request, response);
    else answer(request, response);
  });
  const signInAtProvider = (request: IncomingMessage, response: ServerResponse) => {
    const { person } = made;
    if (person !== undefined) people.set(person.sub, person);
    const result =
      person === undefined
        ? { error: "access_denied", error_description: "turned back" }
        : { login: { accountId: person.sub } };
    provider.interactionFinished(request, response, result).catch(() => response.destroy());
  };
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const made: TestProvider = {
    issuer,
    clientId,
    clientSecret,
    person: undefined,
    visit: (url) => visit(url, callback),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return made;
}

/** As a browser without a past: it follows where it is led, with the cookies that it is given. */
async function visit(from: string, until: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  for (let steps = 0; steps < 10; steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { headers: { cookie }, redirect: "manual" });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url} leads nowhere: ${await response.text()}`);
    url = new URL(location, url);
    if (url.href.startsWith(until)) return url;
  }
  throw new Error("the provider leads round in circles");
}
