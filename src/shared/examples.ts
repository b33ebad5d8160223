/** Values in the examples of the OpenAPI document. The sample data creates them, so that each example succeeds. */
export const EXAMPLES = {
  tenantId: 'tenant-001',
  productId: 'ISP-PRO-001',
  /** Template whose licenses are valid in the US and Canada only. */
  templateId: 'professional-isp',
  /** Template without restrictions, so that the sample license is valid on every machine. */
  openTemplateId: 'team-yearly',
  featureId: 'exports',
  customerId: 'customer-001',
  licenseId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e',
  licenseKey: 'A1B2-C3D4-E5F6-0718-293A',
  activationId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4f',
  fingerprint: '5f2d9c1e7ab04c3f',
  nonce: '7c0e5b1f-request-1',
  /** Device that was never activated. */
  newFingerprint: 'c41d7f9035be8826',
  /** Token that no refusal contained. */
  replacementToken: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  noteId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d64',
  blockedDeviceId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d63',
  blockedFingerprint: 'b0c4e81d22f7956a',
  subscriptionId: 'sub-1001',
  billingEventId: 'evt-2001',
  runId: 'lead-4711',
  partnerId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d60',
  poolId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d61',
  invitationId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d62',
  /** Code that no invitation has. */
  invitationCode: 'tenant-001.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  sessionId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d70',
  apiKeyId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d50',
  emailMessageId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d53',
  orderId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d55',
  quoteId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d54',
  /** Id of the signing key from 32 zero bytes. Its private key is public, so the sample key is revoked before it could sign. */
  kid: '9ZP03Nu8GrXPAUkbKNxHOKBzxPX83SShgFkRNK-f2lw',
} as const;

/** Seed of the signing key `EXAMPLES.kid`. */
export const EXAMPLE_SEED = Buffer.alloc(32);

export const EXAMPLE_REQUEST_ID = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d51';
