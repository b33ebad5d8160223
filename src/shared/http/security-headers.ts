import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';

/** Returns the headers of a page: those of helmet and our content security policy, computed once because they are equal for all pages. */
export function pageHeaders(): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    removeHeader: () => undefined,
  };
  const setAll = helmet({ contentSecurityPolicy: false, referrerPolicy: { policy: 'no-referrer' } });
  setAll({} as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error) throw error as Error;
  });
  return { ...headers, 'Content-Security-Policy': CONTENT_SECURITY_POLICY };
}

/**
 * Headers of every other response. Its JSON holds keys and personal data, which no cache may store, no browser may take for a page, and no
 * page of another origin may load as a script or an image.
 */
export const API_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;
