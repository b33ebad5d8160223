import { z } from 'zod';
import { isCleanText } from '../json.js';

const MAX_BYTES = 254;
const MAX_LOCAL_BYTES = 64;
const MAX_LABEL_BYTES = 63;
/** Matches a local part of RFC 5322 and RFC 6531: dot-separated atoms, or a quoted string. */
const LOCAL =
  /^(?:[\w!#$%&'*+/=?^`{|}~\u0080-\u{10FFFF}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\u{10FFFF}-]+)*|"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*")$/u;
const LABEL = /^[A-Za-z0-9\u0080-\u{10FFFF}](?:[A-Za-z0-9\u0080-\u{10FFFF}-]*[A-Za-z0-9\u0080-\u{10FFFF}])?$/u;
const ADDRESS_LITERAL = /^\[[0-9A-Za-z.:]+\]$/;

/** E-mail address as mail servers accept it, including international ones, quoted local parts and hosts without a dot. */
export const Email = z
  .string()
  .refine(isEmail, 'must be an e-mail address')
  .meta({ format: 'email', maxLength: MAX_BYTES, examples: ['jane@example.com'] });

export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [local, domain] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  const bytes = (part: string) => Buffer.byteLength(part);
  if (at < 1 || bytes(text) > MAX_BYTES || bytes(local) > MAX_LOCAL_BYTES || !isCleanText(text)) return false;
  const isDomain = domain.split('.').every((label) => LABEL.test(label) && bytes(label) <= MAX_LABEL_BYTES);
  return LOCAL.test(local) && (isDomain || ADDRESS_LITERAL.test(domain));
}
