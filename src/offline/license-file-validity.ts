/** Begin and end of a file, and the time from which an online program should refresh it. */
export interface Validity {
  readonly issuedAt: Date;
  readonly refreshAt: Date;
  readonly expiresAt: Date;
}
