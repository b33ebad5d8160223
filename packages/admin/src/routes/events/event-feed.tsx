import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { Link } from '@tanstack/react-router';
import { memo, useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { useFilteredList } from '../../api/filtered-list';
import { given } from '../../api/lists';
import { Badge, type Tone } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Changes, changesBetween } from '../../parts/changes';
import { Code } from '../../parts/copy';
import { SheetTurner } from '../../parts/sheet-turner';
import { Empty, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText, useWord } from '../../text/texts';

type Event = Schemas['LicenseEvent'];
export type EventFilter = Partial<
  Record<'license_id' | 'event_type' | 'resource_id' | 'created_from' | 'created_before', string>
>;

const LIVE_MS = 5_000;

const TONES: readonly (readonly [RegExp, Tone])[] = [
  [/revoked|failed|refused|erased/, 'bad'],
  [/suspended|expired|grace|reminder|cancelled|stalled|key_revealed/, 'warn'],
  [/created|activated|renewed|reinstated|approved|completed|sent$|paid/, 'good'],
];

/** Events, the newest first: who did what, why, and what it was before and after. */
export function EventFeed({
  filter,
  withResource = false,
  isLive = false,
}: {
  filter: EventFilter;
  withResource?: boolean;
  isLive?: boolean;
}) {
  const t = useText();
  const nameOf = useActorNames();
  const list = useFilteredList(
    '/v1/license-events',
    'events',
    { ...given(filter), order: 'desc' },
    { refetchInterval: isLive ? LIVE_MS : false },
  );
  if (list.isPending)
    return (
      <Card flush>
        <Loading />
      </Card>
    );
  if (list.error && list.rows.length === 0)
    return (
      <Card flush>
        <Refusal error={list.error} onRetry={() => void list.refetch()} />
      </Card>
    );
  if (list.rows.length === 0)
    return (
      <Card flush>
        <Empty title={t('events.empty')} hint={t('events.emptyHint')} />
      </Card>
    );
  return (
    <Card flush>
      <ol className="divide-y divide-line">
        {list.rows.map((event) => (
          <MemoRow key={event.seq} event={event} actor={nameOf(event.actor)} withResource={withResource} />
        ))}
      </ol>
      {list.hasNextPage && (
        <div className="border-t border-line p-3 text-center">
          <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('list.more')}
          </Button>
        </div>
      )}
      <SheetTurner sheet={list.sheet} count={list.rows.length} />
    </Card>
  );
}

/** Begins the id of the service that carries a workflow. */
const WORKFLOW = 'workflow:';

/** Returns the function that names an actor; keys have names for those who may list them. */
export function useActorNames(): (actor: { readonly type: string; readonly id: string }) => string {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const keys = useQuery({
    queryKey: ['api-keys', 'names'],
    queryFn: () => bodyOf(api.GET('/v1/api-keys', { params: { query: { limit: 100 } } })),
    enabled: may('api-keys:manage'),
    staleTime: 60_000,
  });
  const names = new Map(keys.data?.data.map(({ id, name }) => [id, name]));
  return ({ type, id }) =>
    type === 'api_key'
      ? (names.get(id) ?? t('actor.key', { id: id.slice(-6) }))
      : type === 'user'
        ? id
        : id.startsWith(WORKFLOW)
          ? t('actor.workflow', { name: word('workflow', id.slice(WORKFLOW.length)) })
          : // The id of a license key is that of the license.
            type === 'license_key'
            ? word('actor', type)
            : `${word('actor', type)} ${id}`;
}

interface Told {
  readonly before?: object;
  readonly after?: object;
  readonly reason?: { readonly code?: string; readonly text?: string } | string | null;
}

const SHOWN_APART = ['before', 'after', 'reason'];

function EventRow({ event, actor, withResource }: { event: Event; actor: string; withResource: boolean }) {
  const t = useText();
  const word = useWord();
  const [isOpened, setOpened] = useState(false);
  const { reason } = event.event_data as Told;
  const reasonInWords = (code: string) => {
    const ofEmail = word('emailReason', code);
    return ofEmail === code ? word('reason', code) : ofEmail;
  };
  const tone = TONES.find(([pattern]) => pattern.test(event.event_type))?.[1] ?? 'quiet';
  const because =
    typeof reason === 'string'
      ? reasonInWords(reason)
      : reason?.code === undefined
        ? undefined
        : [word('reason', reason.code), reason.text].filter(Boolean).join(': ');
  return (
    // Rows out of view cost nothing.
    <li className="[contain-intrinsic-size:auto_45px] [content-visibility:auto]">
      <details
        className="group"
        onToggle={() => {
          setOpened(true);
        }}
      >
        <summary className="flex list-none flex-wrap items-center gap-x-3 gap-y-1 px-5 py-3 hover:bg-sunken/50 [&::-webkit-details-marker]:hidden">
          <ChevronRight className="size-4 shrink-0 text-soft transition-transform group-open:rotate-90" aria-hidden />
          <Badge tone={tone} dot>
            {word('event', event.event_type)}
          </Badge>
          <span className="min-w-0 grow truncate text-sm">
            <span className="text-soft">{t('events.by')}</span> {actor}
            {because !== undefined && <span className="text-soft"> — {because}</span>}
          </span>
          <span className="text-xs text-soft">
            <Time at={event.created_at} />
          </span>
        </summary>
        {isOpened && <EventDetail event={event} withResource={withResource} />}
      </details>
    </li>
  );
}

/** A page more of them renders no row again. */
const MemoRow = memo(EventRow);

function EventDetail({ event, withResource }: { event: Event; withResource: boolean }) {
  const t = useText();
  const { before = {}, after = {} } = event.event_data as Told;
  const changes = changesBetween(before, after);
  const facts = Object.entries(event.event_data).filter(
    ([name, value]) => value !== null && !SHOWN_APART.includes(name),
  );
  return (
    <div className="space-y-3 border-t border-line bg-sunken/40 px-5 py-4 pl-12 text-sm">
      {withResource && (
        <p>
          <span className="text-soft">{event.resource_type}</span>{' '}
          {event.license_id === null ? (
            <Code>{event.resource_id}</Code>
          ) : (
            <Link
              to="/licenses/$licenseId"
              params={{ licenseId: event.license_id }}
              search={{ tab: 'timeline' }}
              className="font-mono text-xs text-accent-ink underline"
            >
              {event.license_id}
            </Link>
          )}
        </p>
      )}
      {changes.length > 0 && <Changes changes={changes} />}
      {facts.length > 0 && (
        <dl className="grid gap-x-6 gap-y-1 text-xs sm:grid-cols-2">
          {facts.map(([name, value]) => (
            <div key={name} className="flex gap-2">
              <dt className="font-mono text-soft">{name}</dt>
              <dd className="min-w-0 break-all">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="text-xs text-soft">
        {t('events.facts', { seq: event.seq, type: event.event_type, via: event.actor.via })}
      </p>
    </div>
  );
}
