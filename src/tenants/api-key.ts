import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const API_KEY = /^imp_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
/** `imp_` and four of the 32 random characters: enough to recognize an API key, too few to guess it. */
const PREFIX_LENGTH = 8;

/** Returns `imp_`, 32 random base62 characters (190 bits) and a checksum, by which a mistyped API key is rejected without the database. */
export function generateApiKey(random: (limit: number) => number = randomInt): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[random(ALPHABET.length)]).join('');
  return `imp_${secret}${checksum(secret)}`;
}

export function isApiKey(text: string): boolean {
  const [, secret, sum] = API_KEY.exec(text) ?? [];
  return secret !== undefined && checksum(secret) === sum;
}

/** Returns the stored digest. 190 random bits need no salt and no slow hash. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

export function apiKeyPrefix(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}

/** Returns the CRC-32 of the random part as six base62 digits. */
function checksum(secret: string): string {
  let rest = crc32(secret);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = `${ALPHABET[rest % ALPHABET.length]}${digits}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}
