import { queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useIntl } from 'react-intl';
import { api, bodyOf } from '../../api/client';
import { licenseQuery } from '../../api/queries';
import { Select } from '../../parts/fields';
import { Empty } from '../../parts/states';
import { TEXT_LINK } from '../../parts/text-link';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { Seats } from '../licenses/license-status';
import { SeatPeaks } from './seat-peaks';
import { Report } from './report';

const SHOWN = 8;

const utilisationQuery = queryOptions({
  queryKey: ['reports', 'utilisation'],
  queryFn: () => bodyOf(api.GET('/v1/reports/utilisation')),
});

/** How full the licenses are now. */
export function FullestLicenses() {
  const t = useText();
  const intl = useIntl();
  const query = useQuery(utilisationQuery);
  const totals = query.data?.totals;
  return (
    <Report
      className="min-h-76"
      title={t('dashboard.fullest')}
      hint={
        totals
          ? t('dashboard.seatsInUse', {
              used: intl.formatNumber(totals.limited_seats_in_use),
              seats: intl.formatNumber(totals.limited_seats),
              full: totals.full_licenses,
              over: totals.over_used_licenses,
            })
          : t('dashboard.fullestHint')
      }
      query={query}
    >
      {({ data }) =>
        data.length === 0 ? (
          <Empty title={t('dashboard.noFull')} />
        ) : (
          <ul className="divide-y divide-line">
            {data.slice(0, SHOWN).map((row) => (
              <li key={row.license_id} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
                <Link
                  to="/licenses/$licenseId"
                  params={{ licenseId: row.license_id }}
                  search={{ tab: 'devices' }}
                  className={`min-w-0 truncate text-sm text-accent-ink ${TEXT_LINK}`}
                >
                  <LicenseName licenseId={row.license_id} />
                </Link>
                <span>
                  <Seats used={row.seats_in_use} max={row.seats} />
                  <span className="mt-0.5 block text-right text-xs text-soft">
                    {t('dashboard.peakToday', { count: row.peak_today })}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </Report>
  );
}

/** The most seats that were in use on each day, of all licenses or of one among the fullest. */
export function Peaks() {
  const t = useText();
  const may = useMay();
  const { data: utilisation } = useQuery(utilisationQuery);
  const licenses = utilisation?.data.slice(0, SHOWN).map(({ license_id }) => license_id) ?? [];
  const [licenseId, setLicenseId] = useState('');
  const named = useQueries({
    queries: licenses.map((id) => ({ ...licenseQuery(id), enabled: may('licenses:read') })),
  });
  return (
    <SeatPeaks
      licenseId={licenseId === '' ? undefined : licenseId}
      nameOf={(id) => <LicenseName licenseId={id} />}
      actions={
        licenses.length > 0 && (
          <Select
            aria-label={t('dashboard.peaksOf')}
            value={licenseId}
            className="w-auto max-w-64"
            onChange={({ target }) => {
              setLicenseId(target.value);
            }}
          >
            <option value="">{t('dashboard.allLicenses')}</option>
            {licenses.map((id, index) => {
              const license = named[index]?.data;
              return (
                <option key={id} value={id}>
                  {license ? `${license.issued_to} …${license.license_key_last_four}` : id}
                </option>
              );
            })}
          </Select>
        )
      }
    />
  );
}

/** The holder of a license, and its id until that is known. */
export function LicenseName({ licenseId }: { licenseId: string }) {
  const may = useMay();
  const { data } = useQuery({ ...licenseQuery(licenseId), enabled: may('licenses:read') });
  return data ? (
    <>
      {data.issued_to} <span className="font-mono text-xs text-soft">…{data.license_key_last_four}</span>
    </>
  ) : (
    <span className="font-mono text-xs">{licenseId}</span>
  );
}
