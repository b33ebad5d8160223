import { describe, expect, it } from '@jest/globals';
import { isEmail } from './email.js';

describe('an e-mail address', () => {
  it.each([
    'jane@example.com',
    'a&b@example.com',
    'user%x@example.com',
    'a+tag@sub.example.co.uk',
    '"a b"@x.de',
    '"a\\"b@c"@x.de',
    'a@localhost',
    'a@[192.0.2.1]',
    'a@[IPv6:2001:db8::1]',
    'änn@exämple.de',
    'ann@例え.jp',
    `${'a'.repeat(64)}@example.com`,
  ])('%s is accepted', (address) => expect(isEmail(address)).toBe(true));

  it.each([
    '',
    '@example.com',
    'a@',
    'a',
    'a b@example.com',
    '.a@example.com',
    'a..b@example.com',
    'a@example..com',
    'a@-example.com',
    'a@exa mple.com',
    'a@example.com\n',
    '"a"b@example.com',
    'a\0@example.com',
    'a\ud800@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${'b.'.repeat(130)}com`,
  ])('%j is refused', (address) => expect(isEmail(address)).toBe(false));
});
