import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { templateQuery } from '../../api/queries';
import { Badge } from '../../parts/badge';
import { Card, Fact, Facts } from '../../parts/card';
import { Changes, changesBetween } from '../../parts/changes';
import { Code } from '../../parts/copy';
import { Time } from '../../parts/time';
import { MetadataCard } from '../../parts/metadata-field';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';
import { useNoExpiry, type License } from './license-status';
import { TEXT_LINK } from '../../parts/text-link';

export function OverviewTab({ license }: { license: License }) {
  const t = useText();
  const word = useWord();
  const noExpiry = useNoExpiry();
  return (
    <div className="grid gap-5 lg:grid-cols-3">
      <div className="space-y-5 lg:col-span-2">
        <Card title={t('overview.terms')}>
          <Facts>
            <Fact name={t('license.product')}>
              <Link
                to="/products/$productId"
                params={{ productId: license.product_id }}
                className={`text-accent-ink ${TEXT_LINK}`}
              >
                {license.product_display_name}
              </Link>
            </Fact>
            <Fact name={t('template')}>
              <Link
                to="/templates/$templateId"
                params={{ templateId: license.template_id }}
                className={`text-accent-ink ${TEXT_LINK}`}
              >
                {license.product_name.replace(/^License for /, '')}
              </Link>{' '}
              <span className="text-soft">{t('overview.version', { version: license.template_version })}</span>
            </Fact>
            <Fact name={t('template.type')}>{word('type', license.license_type)}</Fact>
            <Fact name={t('template.model')}>{word('model', license.license_model)}</Fact>
            <Fact name={t('license.issued')}>
              <Time at={license.issued_date} />
            </Fact>
            {license.starts_at !== license.issued_date && (
              <Fact name={t('preview.starts')}>
                {license.starts_at === null ? t('preview.firstActivation') : <Time at={license.starts_at} />}
              </Fact>
            )}
            <Fact name={t('license.expires')}>
              {license.expiry_date === null ? noExpiry(license) : <Time at={license.expiry_date} />}
            </Fact>
            <Fact name={t('license.graceDays')}>{t('days', { days: license.grace_period_days })}</Fact>
            <Fact name={t('license.maintenance')}>
              {license.maintenance_expiry === null ? (
                t('license.maintenanceAll')
              ) : (
                <Time at={license.maintenance_expiry} dateOnly />
              )}
            </Fact>
            <Fact name={t('license.autoRenewal')}>{license.auto_renewal_enabled ? t('yes') : t('no')}</Fact>
            <Fact name={t('license.overage')}>
              {license.overage_factor === null
                ? word('overage', license.overage_policy)
                : t('license.overageFactor', { factor: license.overage_factor })}
            </Fact>
          </Facts>
        </Card>
        <TemplateDifference license={license} />
        {license.restrictions.length > 0 && <Restrictions license={license} />}
      </div>
      <div className="space-y-5">
        <Card title={t('overview.holder')}>
          <dl className="space-y-3">
            <Fact name={t('license.issuedTo')}>{license.issued_to}</Fact>
            <Fact name={t('customer')}>
              <Link
                to="/customers/$customerId"
                params={{ customerId: license.customer_id }}
                className={`text-accent-ink ${TEXT_LINK}`}
              >
                {license.customer_id}
              </Link>
            </Fact>
            {license.subscription_id !== null && (
              <Fact name={t('overview.subscription')}>
                <Link
                  to="/subscriptions/$subscriptionId"
                  params={{ subscriptionId: license.subscription_id }}
                  className={`text-accent-ink break-all ${TEXT_LINK}`}
                >
                  {license.subscription_id}
                </Link>
              </Fact>
            )}
            {license.order_id !== null && (
              <Fact name={t('overview.order')}>
                <Link
                  to="/orders/$orderId"
                  params={{ orderId: license.order_id }}
                  className={`text-accent-ink break-all ${TEXT_LINK}`}
                >
                  {license.order_id}
                </Link>
              </Fact>
            )}
            {license.partner_id !== null && (
              <Fact name={t('overview.partner')}>
                <Link
                  to="/partners/$partnerId"
                  params={{ partnerId: license.partner_id }}
                  className={`text-accent-ink break-all ${TEXT_LINK}`}
                >
                  {license.partner_id}
                </Link>
              </Fact>
            )}
            <Fact name={t('license.id')}>
              <Code>{license.license_id}</Code>
            </Fact>
          </dl>
        </Card>
        <MetadataCard metadata={license.metadata} />
      </div>
    </div>
  );
}

function Restrictions({ license }: { license: License }) {
  const t = useText();
  const word = useWord();
  return (
    <Card title={t('overview.restrictions')} hint={t('overview.restrictionsHint')}>
      <ul className="space-y-3">
        {license.restrictions.map(({ restriction_type, operator, values }) => (
          <li key={`${restriction_type}-${operator}`} className="flex flex-wrap items-center gap-2 text-sm">
            <Badge tone={operator === 'ALLOW' ? 'good' : 'bad'}>{word('operator', operator)}</Badge>
            <span className="font-medium">{word('restriction', restriction_type)}</span>
            {values.map((value) => (
              <Code key={value}>{value}</Code>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Terms that a license copies from its template. */
const TERMS = [
  'default_duration',
  'default_term',
  'max_activations',
  'grace_period_days',
  'auto_renewal_enabled',
  'overage_policy',
  'overage_factor',
  'eviction_policy',
  'file_ttl_max_seconds',
  'deactivations_per_period',
  'self_service_replacement',
  'features',
  'restrictions',
] as const;

/** Terms of today's template, where they differ from those of the license. */
function TemplateDifference({ license }: { license: License }) {
  const t = useText();
  const may = useMay();
  const template = useQuery({ ...templateQuery(license.template_id), enabled: may('templates:read') });
  if (!template.data) return null;
  const termsOf = (source: object) =>
    Object.fromEntries(TERMS.map((name) => [name, (source as Record<string, unknown>)[name]]));
  const changes = changesBetween(termsOf(license), termsOf(template.data));
  if (changes.length === 0) return null;
  return (
    <Card title={t('overview.difference')} hint={t('overview.differenceHint')}>
      <Changes changes={changes} before={t('overview.license')} after={t('template')} />
    </Card>
  );
}
