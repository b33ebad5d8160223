import { isUtf8 } from 'node:buffer';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** The bytes are not UTF-8. Replacing them with U+FFFD could make different values equal. */
export class NotUtf8Error extends BadRequestException {
  constructor() {
    super('The body is not UTF-8.', { errorCode: 'MALFORMED_REQUEST' });
  }
}

/** Decodes a whole body or line. Throws NotUtf8Error, also for overlong forms and encoded surrogates. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotUtf8Error();
  return bytes.toString('utf8');
}

/** Throws UnsupportedMediaTypeException unless `charset` is absent, UTF-8 or its subset US-ASCII. */
export function assertUtf8Charset(contentType: string | undefined): void {
  const charset = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return;
  throw new UnsupportedMediaTypeException('The body must be in UTF-8; charset names another encoding.', {
    errorCode: 'UNSUPPORTED_MEDIA_TYPE',
  });
}
