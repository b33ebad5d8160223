import { isUtf8 } from 'node:buffer';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** The bytes are not UTF-8. Replacing them by U+FFFD would make one value of two that differ. */
export class NotUtf8Error extends BadRequestException {
  constructor() {
    super('The body is not UTF-8.', { errorCode: 'MALFORMED_REQUEST' });
  }
}

/** The text of a request or of a whole line of it. Throws NotUtf8Error, also for overlong forms and encoded surrogates. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new NotUtf8Error();
  return bytes.toString('utf8');
}

/** Throws UnsupportedMediaTypeException for a media type whose `charset` is another than UTF-8 or its subset US-ASCII. */
export function assertUtf8Charset(contentType: string | undefined): void {
  const charset = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase();
  if (charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') return;
  throw new UnsupportedMediaTypeException('The body must be in UTF-8; charset names another encoding.', {
    errorCode: 'UNSUPPORTED_MEDIA_TYPE',
  });
}
