/** Condition of the fulfilment of a tenant's orders: they are approved, or paid in full. */
export const FULFILMENT_TRIGGERS = ['APPROVAL', 'PAYMENT'] as const;
export type FulfilmentTrigger = (typeof FULFILMENT_TRIGGERS)[number];
