import { describe, expect, it } from '@jest/globals';
import { assertUtf8Charset, decodeUtf8, NotUtf8Error } from './utf8.js';

describe('bytes of a request', () => {
  it.each(['', 'abc', 'äöü', '\u{10ffff}', '\ufffd', '\0', '\ufeff{}'])('are decoded without loss: %j', (text) => {
    expect(decodeUtf8(Buffer.from(text))).toBe(text);
  });

  it.each([
    ['a byte that begins nothing', [0xff]],
    ['ISO 8859-1', [0x4d, 0xfc, 0x6c]],
    ['a sequence that is cut off', [0xe2, 0x82]],
    ['an overlong form', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('are refused where they are not UTF-8: %s', (_, bytes) => {
    expect(() => decodeUtf8(Buffer.from(bytes))).toThrow(NotUtf8Error);
  });

  it.each([undefined, 'application/json', 'application/json; charset=utf-8', 'text/x; a=b;charset="UTF-8"'])(
    'may be declared as %s',
    (contentType) => {
      expect(() => assertUtf8Charset(contentType)).not.toThrow();
    },
  );

  it.each(['application/json; charset=utf-16', 'application/json;charset="iso-8859-1"', 'text/x; charset='])(
    'may not be declared as %s',
    (contentType) => {
      expect(() => assertUtf8Charset(contentType)).toThrow('charset names another encoding');
    },
  );
});
