const PEOPLE = [
  ['Ada', 'Lovelace', 'Analytical Engines'],
  ['Grace', 'Hopper', 'Harbour Systems'],
  ['Alan', 'Turing', 'Bletchley Labs'],
  ['Barbara', 'Liskov', 'Abstract Ltd'],
  ['Margaret', 'Hamilton', 'Apollo Software'],
];

/** Licenses of several customers, in several states. */
export async function prepare({ api, baseUrl }) {
  await api('POST', '/v1/license-templates', {
    template_id: 'studio',
    template_name: 'Studio',
    product_id: 'ISP-PRO-001',
    license_type: 'SUBSCRIPTION',
    license_model: 'PER_DEVICE',
    default_term: { years: 1 },
    max_activations: 2,
    trial_allowed: true,
    features: [
      { feature_id: 'reports', feature_name: 'Reports', limit_type: 'COUNT', limit_value: 100, reset_period: 'MONTH' },
    ],
  });
  for (const [index, [first_name, last_name, company_name]] of PEOPLE.entries()) {
    const customer_id = `customer-1${index}`;
    const email = `${first_name.toLowerCase()}@example.com`;
    await api('POST', '/v1/customers', { customer_id, first_name, last_name, company_name, email });
    const order = { license_template_id: 'professional-isp', customer_id };
    const { license_id, license_key } = await api('POST', '/v1/licenses', order);
    for (let device = 0; device <= index; device++)
      await api('POST', `/v1/licenses/${license_id}/activations`, {
        fingerprint: `device-${device}`,
        name: `Desk ${device}`,
      });
    const reason = { code: 'PAYMENT_OVERDUE' };
    if (index === 4) await refuse(baseUrl, license_key);
    await api('POST', '/v1/licenses', { license_template_id: 'studio', customer_id, trial: true });
    if (index === 1) await api('POST', `/v1/licenses/${license_id}/suspend`, { reason });
    if (index === 2) await api('POST', `/v1/licenses/${license_id}/revoke`, { reason });
  }
}

/** A program whose device finds no free seat. */
async function refuse(baseUrl, license_key) {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ license_key, fingerprint: 'one-too-many' });
  for (const path of ['activate', 'validate'])
    await fetch(`${baseUrl}/v1/client/${path}`, { method: 'POST', headers, body });
}
