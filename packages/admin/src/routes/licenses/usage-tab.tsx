import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../../api/client';
import { Badge } from '../../parts/badge';
import { Card } from '../../parts/card';
import { Empty, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { Seats, type License } from './license-status';

/** The features of a license with their usage, as a program sees them. */
export function UsageTab({ license: { license_id, version } }: { license: License }) {
  const t = useText();
  const word = useWord();
  const explained = useQuery({
    queryKey: ['licenses', license_id, 'usage', version],
    queryFn: () =>
      bodyOf(api.POST('/v1/licenses/{license_id}/explain', { params: { path: { license_id } }, body: {} })),
  });
  const { data } = explained;
  if (!data)
    return (
      <Card flush>
        {explained.error ? <Refusal error={explained.error} onRetry={() => void explained.refetch()} /> : <Loading />}
      </Card>
    );
  if (data.entitlements.length === 0) {
    return (
      <Card flush>
        <Empty title={t('usage.empty')} hint={t('usage.emptyHint')} />
      </Card>
    );
  }
  return (
    <Card flush className="overflow-hidden">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={t('license.tab.usage')}>
        <table className="w-full text-left text-sm">
          <thead className="border-b border-line bg-sunken/60 text-xs text-soft">
            <tr>
              {[t('usage.feature'), t('status'), t('usage.used'), t('usage.resets')].map((header) => (
                <th key={header} scope="col" className="px-5 py-2.5 font-medium whitespace-nowrap">
                  {header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.entitlements.map((feature) => (
              <tr key={feature.feature_id} className="border-b border-line last:border-b-0">
                <td className="px-5 py-3">
                  <div className="font-medium">{feature.feature_name}</div>
                  <div className="font-mono text-xs text-soft">{feature.feature_id}</div>
                </td>
                <td className="px-5 py-3">
                  <Badge tone={feature.available ? 'good' : 'quiet'} dot>
                    {feature.available ? t('usage.available') : t('usage.unavailable')}
                  </Badge>
                </td>
                <td className="px-5 py-3">
                  {feature.limit_type === null ? (
                    <span className="text-soft">{t('usage.notMetered')}</span>
                  ) : (
                    <Seats used={feature.used ?? 0} max={feature.limit_value} />
                  )}
                </td>
                <td className="px-5 py-3 text-soft">
                  {feature.resets_at === null ? t('never') : <Time at={feature.resets_at} dateOnly />}
                  {feature.reset_period !== null && (
                    <span className="block text-xs">{word('reset', feature.reset_period)}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
