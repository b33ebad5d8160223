import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api, bodyOf } from '../../api/client';
import { BarChart } from '../../parts/bar-chart';
import { TEXT_LINK } from '../../parts/text-link';
import { useText } from '../../text/texts';
import { lastDays, Report, useDay } from './report';

/** The most seats that were in use at once on each day: of one license, or of the licenses with the highest peaks of each day. */
export function SeatPeaks({
  licenseId,
  nameOf,
  actions,
}: {
  licenseId: string | undefined;
  /** Names a license in the table; without it there is only one. */
  nameOf?: (licenseId: string) => ReactNode;
  actions?: ReactNode;
}) {
  const t = useText();
  const day = useDay();
  const query = useQuery({
    queryKey: ['reports', 'peaks', licenseId],
    queryFn: () =>
      bodyOf(
        api.GET('/v1/reports/peaks', {
          params: { query: licenseId === undefined ? {} : { license_id: licenseId } },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <Report
      className="min-h-76"
      title={t('dashboard.peaks')}
      hint={t('dashboard.last30')}
      actions={actions}
      query={query}
    >
      {({ data }) => (
        <>
          <BarChart
            label={t('dashboard.peaks')}
            series={[{ name: t('dashboard.peak'), fill: 'bg-accent' }]}
            bars={lastDays().map((each) => ({
              label: day(each),
              values: [Math.max(0, ...data.filter((row) => row.day === each).map(({ peak }) => peak))],
            }))}
            table={{
              columns: [
                t('chart.day'),
                ...(nameOf ? [t('customer.license')] : []),
                t('dashboard.peak'),
                t('license.seats'),
              ],
              rows: data.map((row) => [
                day(row.day),
                ...(nameOf
                  ? [
                      <Link
                        key="license"
                        to="/licenses/$licenseId"
                        params={{ licenseId: row.license_id }}
                        search={{ tab: 'devices' }}
                        className={`text-accent-ink ${TEXT_LINK}`}
                      >
                        {nameOf(row.license_id)}
                      </Link>,
                    ]
                  : []),
                row.peak,
                row.seats ?? t('seats.unlimitedShort'),
              ]),
            }}
          />
          {nameOf && <p className="mt-2 text-xs text-soft">{t('dashboard.peaksHint')}</p>}
        </>
      )}
    </Report>
  );
}
