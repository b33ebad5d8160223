import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';

/** Returns the headers of helmet and our content security policy, computed once because they are equal for all responses. */
export function securityHeaders(): Readonly<Record<string, string>> {
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
