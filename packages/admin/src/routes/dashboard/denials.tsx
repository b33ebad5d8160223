import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from '../../api/client';
import { BarChart } from '../../parts/bar-chart';
import { Empty } from '../../parts/states';
import { useText, useWord } from '../../text/texts';
import { lastDays, Report, useDay } from './report';

const SHOWN = 8;
/** Codes with a colour of their own in the chart; the others share one. */
const FILLS = ['bg-bad-fill', 'bg-warn', 'bg-accent'] as const;

/** Refused activations and failed validations: by code, and by day. */
export function Denials() {
  const t = useText();
  const word = useWord();
  const day = useDay();
  const query = useQuery({ queryKey: ['reports', 'denials'], queryFn: () => bodyOf(api.GET('/v1/reports/denials')) });
  return (
    <Report className="min-h-76" title={t('dashboard.denials')} hint={t('dashboard.last30')} query={query}>
      {({ data }) => {
        const counts = new Map<string, number>();
        for (const { code, denials } of data) counts.set(code, (counts.get(code) ?? 0) + denials);
        const all = [...counts].sort(([, a], [, b]) => b - a);
        if (all.length === 0) return <Empty title={t('dashboard.noDenials')} />;
        const most = all[0]?.[1] ?? 1;
        const named = all.slice(0, FILLS.length).map(([code]) => code);
        const countOf = (on: string, is: (code: string) => boolean) =>
          data.reduce((sum, row) => sum + (row.day === on && is(row.code) ? row.denials : 0), 0);
        return (
          <div className="space-y-6">
            <ul className="space-y-3">
              {all.slice(0, SHOWN).map(([code, count]) => (
                <li key={code}>
                  <div className="flex justify-between gap-3 text-sm">
                    <span>{word('why', code)}</span>
                    <span className="tabular-nums">{count}</span>
                  </div>
                  <div aria-hidden className="mt-1 h-1.5 overflow-hidden rounded-full bg-sunken">
                    <div className="h-full rounded-full bg-bad-fill" style={{ width: `${(100 * count) / most}%` }} />
                  </div>
                </li>
              ))}
            </ul>
            <BarChart
              label={t('dashboard.denials')}
              series={[
                ...named.map((code, index) => ({ name: word('why', code), fill: FILLS[index] ?? '' })),
                ...(all.length > named.length ? [{ name: t('dashboard.otherCodes'), fill: 'bg-line-strong' }] : []),
              ]}
              bars={lastDays().map((each) => ({
                label: day(each),
                values: [
                  ...named.map((code) => countOf(each, (is) => is === code)),
                  ...(all.length > named.length ? [countOf(each, (is) => !named.includes(is))] : []),
                ],
              }))}
            />
          </div>
        );
      }}
    </Report>
  );
}
