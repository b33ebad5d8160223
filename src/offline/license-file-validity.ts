/** When a file begins and ends, and when a program that can should get another. */
export interface Validity {
  readonly issuedAt: Date;
  readonly refreshAt: Date;
  readonly expiresAt: Date;
}
