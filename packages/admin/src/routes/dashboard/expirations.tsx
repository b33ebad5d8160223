import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useState, type CSSProperties, type ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { api, bodyOf, type Schemas } from '../../api/client';
import { ChartTable } from '../../parts/chart-table';
import { cn } from '../../parts/class-names';
import { Select } from '../../parts/fields';
import { Empty } from '../../parts/states';
import { TEXT_LINK } from '../../parts/text-link';
import { useMay } from '../../shell/session';
import { useText, type TextOf } from '../../text/texts';
import { dayAfter, Report, useDay } from './report';

type Row = Schemas['ExpirationsRow'];
const RANGES = ['7', '30', '90', '365'] as const;
type Range = (typeof RANGES)[number];
/** Days up to which the calendar has a row for a week; a longer one has a column for a week. */
const ON_A_PAGE = 31;

/** The terms that end on the next days, as a calendar with its numbers beside it. Each day leads to its licenses. */
export function Expirations() {
  const t = useText();
  const [range, setRange] = useState<Range>('90');
  const query = useQuery({
    queryKey: ['reports', 'expirations', range],
    queryFn: () => bodyOf(api.GET('/v1/reports/expirations', { params: { query: { days: range } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Report
      className="min-h-96"
      title={t('dashboard.expirations')}
      hint={t('dashboard.expirationsHint')}
      query={query}
      actions={
        <Select
          aria-label={t('dashboard.range')}
          value={range}
          className="w-auto"
          onChange={({ target }) => {
            setRange(target.value as Range);
          }}
        >
          {RANGES.map((days) => (
            <option key={days} value={days}>
              {t('dashboard.nextDays', { days })}
            </option>
          ))}
        </Select>
      }
    >
      {({ data }) => <Calendar rows={data} />}
    </Report>
  );
}

const totalOf = ({ expiring, renewing, suspended }: Row) => expiring + renewing + suspended;

function Calendar({ rows }: { rows: readonly Row[] }) {
  const t = useText();
  const day = useDay();
  const highest = Math.max(...rows.map(totalOf));
  if (rows.length === 0 || highest === 0) return <Empty title={t('chart.empty')} />;
  return (
    <figure aria-label={t('dashboard.expirations')} className="grid items-start gap-6 lg:grid-cols-2">
      <div aria-hidden>
        {rows.length <= ON_A_PAGE ? <Page rows={rows} highest={highest} /> : <Strip rows={rows} highest={highest} />}
      </div>
      <ChartTable
        label={t('dashboard.expirations')}
        columns={[t('chart.day'), t('dashboard.expiring'), t('dashboard.renewing'), t('state.SUSPENDED')]}
        rows={rows
          .filter((row) => totalOf(row) > 0)
          .map((row) => [
            <DayLink key="day" day={row.day} className={`text-accent-ink ${TEXT_LINK}`}>
              {day(row.day)}
            </DayLink>,
            row.expiring,
            row.renewing,
            row.suspended,
          ])}
      />
    </figure>
  );
}

/** Leads to the licenses whose terms end on a day, for those who may read them. */
function DayLink({
  day,
  isPointerOnly = false,
  className,
  title,
  style,
  children,
}: {
  day: string;
  /** The table beside it has the same link for the keyboard. */
  isPointerOnly?: boolean;
  className: string;
  title?: string;
  style?: CSSProperties;
  children?: ReactNode;
}) {
  const look = { className, title, style };
  if (!useMay()('licenses:read')) return <span {...look}>{children}</span>;
  const start = (of: string) => `${of}T00:00:00.000Z`;
  return (
    <Link
      to="/licenses"
      search={{ expires_from: start(day), expires_before: start(dayAfter(day, 1)) }}
      tabIndex={isPointerOnly ? -1 : undefined}
      {...look}
    >
      {children}
    </Link>
  );
}

/** Returns the number of the day in its week, which begins on Monday. */
function weekdayOf(day: string): number {
  return (new Date(day).getUTCDay() + 6) % 7;
}

function useWeekdays(width: 'short' | 'narrow'): string[] {
  const intl = useIntl();
  // The fourth of January 2021 was a Monday.
  return Array.from({ length: 7 }, (_, day) =>
    intl.formatDate(Date.UTC(2021, 0, 4 + day), { weekday: width, timeZone: 'UTC' }),
  );
}

const LEVELS = [
  'bg-sunken text-soft',
  'bg-accent-soft text-accent-ink',
  'bg-accent/40 text-ink',
  'bg-accent text-on-accent',
];

/** Returns the look of a day by its share of the highest one. */
function lookOf(row: Row, highest: number): string | undefined {
  return LEVELS[Math.ceil((3 * totalOf(row)) / highest)];
}

function wordsOf(row: Row, day: string, t: TextOf): string {
  const { expiring, renewing, suspended } = row;
  return t('dashboard.dayOfTerms', { day, expiring, renewing, suspended });
}

interface Drawn {
  readonly rows: readonly Row[];
  readonly highest: number;
}

/** A page of a calendar: a row for each week, with the day of the month and the number of terms that end. */
function Page({ rows, highest }: Drawn) {
  const t = useText();
  const day = useDay();
  const intl = useIntl();
  const weekdays = useWeekdays('short');
  return (
    <div className="grid max-w-md grid-cols-7 gap-1 text-xs">
      {weekdays.map((name) => (
        <span key={name} className="text-center text-soft">
          {name}
        </span>
      ))}
      {rows.map((row, index) => {
        const [, , date = ''] = row.day.split('-');
        const isFirst = index === 0 || date === '01';
        return (
          <DayLink
            key={row.day}
            day={row.day}
            isPointerOnly
            title={wordsOf(row, day(row.day), t)}
            style={{ gridColumnStart: weekdayOf(row.day) + 1 }}
            className={cn(
              'flex h-12 flex-col items-center justify-center rounded-md hover:ring-2 hover:ring-accent',
              lookOf(row, highest),
            )}
          >
            <span className="text-[0.65rem]">
              {isFirst ? intl.formatDate(row.day, { day: 'numeric', month: 'short', timeZone: 'UTC' }) : Number(date)}
            </span>
            <span className="font-semibold tabular-nums">
              {totalOf(row) > 0 ? intl.formatNumber(totalOf(row)) : ''}
            </span>
          </DayLink>
        );
      })}
    </div>
  );
}

/** Weeks up to which a day has room for its number. */
const WEEKS_WITH_NUMBERS = 15;
const COMPACT = { notation: 'compact' } as const;

/** A column for each week, the months above them. */
function Strip({ rows, highest }: Drawn) {
  const t = useText();
  const day = useDay();
  const intl = useIntl();
  const weekdays = useWeekdays('narrow');
  const first = rows[0] === undefined ? 0 : weekdayOf(rows[0].day);
  const weeks = Math.ceil((first + rows.length) / 7);
  return (
    <div
      className="grid gap-0.5 text-xs text-soft"
      style={{
        gridTemplateColumns: `1.25rem repeat(${weeks}, minmax(0, 2rem))`,
        gridTemplateRows: '1.25rem repeat(7, auto)',
      }}
    >
      {weekdays.map((name, index) => (
        <span key={index} className="self-center" style={{ gridColumn: 1, gridRow: index + 2 }}>
          {index % 2 === 0 ? name : ''}
        </span>
      ))}
      {rows.map((row, index) => {
        const gridColumn = Math.floor((first + index) / 7) + 2;
        return (
          <Fragment key={row.day}>
            {row.day.endsWith('-01') && (
              <span className="w-0 whitespace-nowrap" style={{ gridColumn, gridRow: 1 }}>
                {intl.formatDate(row.day, { month: 'short', timeZone: 'UTC' })}
              </span>
            )}
            <DayLink
              day={row.day}
              isPointerOnly
              title={wordsOf(row, day(row.day), t)}
              style={{ gridColumn, gridRow: weekdayOf(row.day) + 2 }}
              className={cn(
                'grid aspect-square place-items-center rounded-xs text-[0.65rem] tabular-nums hover:ring-2 hover:ring-accent',
                lookOf(row, highest),
              )}
            >
              {weeks <= WEEKS_WITH_NUMBERS && totalOf(row) > 0 ? intl.formatNumber(totalOf(row), COMPACT) : ''}
            </DayLink>
          </Fragment>
        );
      })}
    </div>
  );
}
