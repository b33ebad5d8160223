import stableStringify from 'safe-stable-stringify';

/** Command class names of 0.1.0, which its digests contain, by operation. */
const CLASSES: Readonly<Record<string, string>> = {
  'activations.create': 'ActivateDeviceCommand',
  'activations.deactivate': 'DeactivateDeviceCommand',
  'api-keys.create': 'CreateApiKeyCommand',
  'api-keys.revoke': 'RevokeApiKeyCommand',
  'api-keys.rotate': 'RotateApiKeyCommand',
  'client.heartbeat': 'HeartbeatCommand',
  'customers.create': 'CreateCustomerCommand',
  'customers.update': 'UpdateCustomerCommand',
  'licenses.change-template': 'ChangeLicenseTemplateCommand',
  'licenses.check-out': 'CheckOutLicenseCommand',
  'licenses.convert-trial': 'ConvertTrialCommand',
  'licenses.issue': 'IssueLicenseCommand',
  'licenses.reinstate': 'ReinstateLicenseCommand',
  'licenses.renew': 'RenewLicenseCommand',
  'licenses.reveal-key': 'RevealLicenseKeyCommand',
  'licenses.revoke': 'RevokeLicenseCommand',
  'licenses.suspend': 'SuspendLicenseCommand',
  'licenses.transfer': 'TransferLicenseCommand',
  'licenses.update': 'UpdateLicenseCommand',
  'products.create': 'CreateProductCommand',
  'products.update': 'UpdateProductCommand',
  'signing-keys.activate': 'ActivateSigningKeyCommand',
  'signing-keys.create': 'CreateSigningKeyCommand',
  'signing-keys.retire': 'RetireSigningKeyCommand',
  'signing-keys.revoke': 'RevokeSigningKeyCommand',
  'templates.create': 'CreateTemplateCommand',
  'templates.duplicate': 'DuplicateTemplateCommand',
  'templates.update': 'UpdateTemplateCommand',
  'tenants.create': 'CreateTenantCommand',
  'tenants.update': 'UpdateTenantCommand',
  'usage.consume': 'ConsumeUsageCommand',
  'usage.release': 'ReleaseUsageCommand',
};

/** Property names of those classes that differ from the members of today's payload. */
const PROPERTIES: Readonly<Record<string, string>> = {
  customer_id: 'customerId',
  feature_amount: 'use',
  held_until: 'lendUntil',
  key_id: 'keyId',
  license_id: 'licenseId',
  product_id: 'productId',
  template_id: 'templateId',
};
const REQUEST_PROPERTIES: Readonly<Record<string, string>> = {
  'customers.create': 'customer',
  'licenses.issue': 'order',
  'products.create': 'product',
  'templates.create': 'template',
  'tenants.create': 'tenant',
};
/** Operations whose commands had no request in 0.1.0. */
const WITHOUT_REQUEST = ['signing-keys.retire', 'signing-keys.revoke'];

/**
 * Returns the text whose digest 0.1.0 stored for a request with an idempotency key; undefined for operations that 0.1.0 did not have.
 * Such claims live for 24 hours after an upgrade, so 0.3.0 deletes this file.
 */
export function legacyRequestText(operation: string, payload: object): string | undefined {
  const className = CLASSES[operation];
  if (className === undefined) return undefined;
  const properties = Object.entries(payload).flatMap(([name, value]: [string, unknown]) => {
    if (name !== 'request') return [[PROPERTIES[name] ?? name, value]];
    if (WITHOUT_REQUEST.includes(operation)) return [];
    return [[REQUEST_PROPERTIES[operation] ?? name, withLegacyDefaults(operation, value as object)]];
  });
  return stableStringify([className, Object.fromEntries(properties)]);
}

/** Adds the defaults of 0.1.0, which are part of its digest. */
function withLegacyDefaults(operation: string, request: object): object {
  if (operation !== 'templates.create') return request;
  const { file_ttl_max_seconds: fileTtl, ...others } = request as { file_ttl_max_seconds?: number | null };
  return { grace_period_days: 30, ...others, ...(fileTtl !== null && { file_ttl_max_seconds: fileTtl }) };
}
