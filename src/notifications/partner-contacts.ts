/** Address of a partner. */
export interface PartnerContact {
  readonly name: string;
  /** Null: the partner has no address. */
  readonly email: string | null;
  /** Language tag; null: none was given. */
  readonly language: string | null;
}

/** Code that an invitation has until it gets another one. */
export interface InvitationCode {
  readonly code: string;
  readonly expiresAt: Date;
}

/**
 * Partners as recipients of e-mail. The module of partners, which is above this one, implements it and provides it from a global Nest module.
 * Without it a message that names a partner is refused as if the partner did not exist.
 */
export abstract class PartnerContacts {
  /** Returns undefined if the tenant has no such partner. */
  abstract findContact(tenantId: string, partnerId: string): Promise<PartnerContact | undefined>;

  /** Returns the partner that the license was issued to or by; undefined if there is none. Decides who may get its license key. */
  abstract findPartnerOfLicense(tenantId: string, licenseId: string): Promise<string | undefined>;

  abstract isInvitationOpen(tenantId: string, invitationId: string): Promise<boolean>;

  /** Gives an open invitation a new code, which is stored nowhere; the previous one ends. Returns undefined if the invitation has ended. */
  abstract makeInvitationCode(tenantId: string, invitationId: string): Promise<InvitationCode | undefined>;
}
