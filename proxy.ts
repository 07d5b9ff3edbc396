import { type NextRequest, NextResponse } from "next/server.js";

/**
 * Gives every page its Content-Security-Policy with a nonce of its own. Next reads the nonce from
 * the request's header and puts it on its scripts, so a page must not be built statically.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const { pathname } = request.nextUrl;
  const policy = pagePolicy(nonce, framesOf(pathname, request.headers.get("host") ?? ""));
  const headers = new Headers(request.headers);
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("content-security-policy", policy);
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("referrer-policy", "same-origin");
  response.headers.set("x-frame-options", PREVIEW.test(pathname) ? "SAMEORIGIN" : "DENY");
  return response;
}

/** All but files, and but the sandbox's frame and pictures, which answer with stricter policies of their own. */
export const config = {
  matcher: [
    "/((?!_next/static|_next/image|sandbox/|monaco/|xterm/|fonts/|favicon|lectures/[^/]+/pictures/|author/[^/]+/[^/]+/pictures/).*)",
  ],
};

/** The page that an editor frames, and the editor of a document. */
const PREVIEW = /^\/author\/[^/]+\/[^/]+\/preview$/;
const EDITOR = /^\/author\/[^/]+\/[^/]+$/;

interface Frames {
  /** What the page may frame. */
  readonly inside: string;
  /** Who may frame the page. */
  readonly around: string;
}

/**
 * The one document that a page may frame is the sandbox's; an editor frames previews, which frame
 * it in their turn. A frame that could be led elsewhere in the site, or out of it, would carry what
 * it knows along in the address.
 */
function framesOf(path: string, host: string): Frames {
  const around = PREVIEW.test(path) ? "'self'" : "'none'";
  if (!/^[a-z0-9.-]+(:\d+)?$/i.test(host)) return { inside: "'none'", around };
  const sandbox = `${host}/sandbox/frame`;
  const inside = EDITOR.test(path) ? `${sandbox} ${host}${path}/preview` : sandbox;
  return { inside, around };
}

function pagePolicy(nonce: string, { inside, around }: Frames): string {
  // React's development build evaluates code to rebuild server stacks; the site never does.
  const evaluate = process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : "";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluate}`,
    // Monaco and KaTeX set styles on elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    `frame-src ${inside}`,
    `frame-ancestors ${around}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");
}
