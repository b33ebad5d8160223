export const ACTIVATION_STATUSES = ['ACTIVE', 'DEACTIVATED', 'SUSPENDED', 'EXPIRED'] as const;

export type ActivationStatus = (typeof ACTIVATION_STATUSES)[number];

export const ACTIVATION_TYPES = ['ONLINE', 'OFFLINE', 'EMERGENCY'] as const;

export type ActivationType = (typeof ACTIVATION_TYPES)[number];
