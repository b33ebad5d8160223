import { nextAfter, type NextStep } from './next.js';

/** Reason why a document was rejected or a request failed. `code` is stable across releases. */
export type ErrorCode =
  /** The text is not a signed document: cut, extended, or damaged. */
  | 'MALFORMED'
  /** The document is of a later release: update the program. */
  | 'UNKNOWN_FORMAT'
  | 'UNKNOWN_ALGORITHM'
  /** The document has another type, such as a revocation list in place of a license file. */
  | 'WRONG_TYPE'
  /** The program does not trust the signing key. */
  | 'UNKNOWN_KEY'
  | 'BAD_SIGNATURE'
  | 'WRONG_TENANT'
  | 'WRONG_PRODUCT'
  | 'WRONG_DEVICE'
  | 'EXPIRED'
  | 'REVOKED'
  /** The revocation list names this device. */
  | 'DEVICE_BLOCKED'
  /** The revocation list is past its next update, or older than a stored one. */
  | 'OUTDATED'
  /** The device clock is earlier than a time that has certainly passed. */
  | 'CLOCK_TURNED_BACK'
  /** No license file is stored. */
  | 'NO_LICENSE_FILE'
  /** The document belongs to another request or license key. */
  | 'REPLAYED'
  /** The response is not signed. */
  | 'UNSIGNED'
  /** Failure of a requested feature, with the code that the server uses. */
  | 'FEATURE_MISSING'
  | 'FEATURE_EXPIRED'
  | 'USAGE_EXCEEDED'
  /** WebCrypto of this platform lacks Ed25519, or is missing: a page must be served over HTTPS. */
  | 'ED25519_UNSUPPORTED'
  /** The options contradict each other, or one that is required is missing. */
  | 'INVALID_OPTIONS'
  /** The store could not be read or written; `cause` is the error of the operating system. */
  | 'STORE_FAILED'
  /** The operating system provides no identifier of this device. */
  | 'FINGERPRINT_UNAVAILABLE'
  /** The server did not respond. */
  | 'UNREACHABLE'
  /** The server rejected the request; see `problem`. */
  | 'REFUSED';

/** Problem details (RFC 9457) with all members that the server sent, including those that this release does not know. */
export interface Problem {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
  readonly next?: NextStep;
  readonly [member: string]: unknown;
}

/** Devices that this one may replace, and the token for it, which is good for ten minutes and one use. */
export interface Replacement {
  readonly replacement_token: string;
  readonly devices: readonly ReplaceableDevice[];
}

export interface ReplaceableDevice {
  readonly activation_id: string;
  /** First letters of the name; null: the device has no name. */
  readonly name: string | null;
  readonly last_seen_at: string;
}

export class LicenseError extends Error {
  override readonly name = 'LicenseError';
  readonly problem: Problem | undefined;
  /** The server's next step, if it rejected the request. */
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

  /** Devices and token for `replace`, if the server refused a seat and the vendor lets users replace devices. */
  get replacement(): Replacement | undefined {
    if (!this.problem) return undefined;
    const { replacement_token, devices } = this.problem;
    if (typeof replacement_token !== 'string' || !Array.isArray(devices)) return undefined;
    return { replacement_token, devices: devices as ReplaceableDevice[] };
  }
}
