export const SIGNING_KEY_STATES = ['CREATED', 'ACTIVE', 'RETIRED', 'REVOKED'] as const;

export type SigningKeyState = (typeof SIGNING_KEY_STATES)[number];
