import { nextAfter, type NextStep } from './next.js';

/** Why a document was not accepted, or a server did not help. `code` is the contract. */
export type ErrorCode =
  /** Not the text of a signed document: cut, extended, or changed so that it cannot be read. */
  | 'MALFORMED'
  /** Made by a later release: update the program. */
  | 'UNKNOWN_FORMAT'
  | 'UNKNOWN_ALGORITHM'
  /** Signed for another purpose, such as a revocation list in the place of a license. */
  | 'WRONG_TYPE'
  /** Signed by a key that the program does not trust. */
  | 'UNKNOWN_KEY'
  | 'BAD_SIGNATURE'
  | 'WRONG_TENANT'
  | 'WRONG_PRODUCT'
  | 'WRONG_DEVICE'
  | 'EXPIRED'
  | 'REVOKED'
  /** The revocation list is past its next update, or older than one that was seen. */
  | 'OUTDATED'
  /** The clock shows a time before one that is known to have been. */
  | 'CLOCK_TURNED_BACK'
  /** There is no license file to fall back on. */
  | 'NO_LICENSE_FILE'
  /** Made for another question, license key or request than this one. */
  | 'REPLAYED'
  /** The server said something without signing it. */
  | 'UNSIGNED'
  /** As the server would say it of a feature that is asked for. */
  | 'FEATURE_MISSING'
  | 'FEATURE_EXPIRED'
  | 'USAGE_EXCEEDED'
  /** This platform's WebCrypto has no Ed25519, or no WebCrypto is offered: a page must be served over HTTPS. */
  | 'ED25519_UNSUPPORTED'
  /** The options contradict each other, or one that is required is missing. */
  | 'INVALID_OPTIONS'
  /** The store could not be read or written; `cause` is the error of the operating system. */
  | 'STORE_FAILED'
  /** The operating system gives this device no identifier. */
  | 'FINGERPRINT_UNAVAILABLE'
  /** No answer came. */
  | 'UNREACHABLE'
  /** The server refused; see `problem`. */
  | 'REFUSED';

/** Problem details (RFC 9457) with all members that the server sent, including those that this release does not know. */
export interface Problem {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly next?: NextStep;
  readonly [member: string]: unknown;
}

export class LicenseError extends Error {
  override readonly name = 'LicenseError';
  readonly problem: Problem | undefined;
  /** That of the server, where it refused. */
  readonly next: NextStep;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { cause?: unknown; problem?: Problem } = {},
  ) {
    super(message, options);
    this.problem = options.problem;
    this.next = options.problem?.next ?? nextAfter(code);
  }
}
