import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { findInList, given, useList } from '../../api/lists';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { gated } from '../../parts/gate';
import { ResourceList } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { RelativeTime } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonDialog } from '../../parts/write-dialog';
import { useText, useWord } from '../../text/texts';

type Session = Schemas['Session'];

export const SessionList = gated('sessions:manage', Sessions);

/** Returns the browser and system that a User-Agent header names, as far as they are well known. */
function browserOf(agent: string | null): string {
  const [browser] = /Edg|Firefox|Chrome|Safari/.exec(agent ?? '') ?? [];
  const [system] = /Windows|Mac OS|Android|iPhone|Linux/.exec(agent ?? '') ?? [];
  return [browser?.replace('Edg', 'Edge'), system].filter(Boolean).join(' · ') || (agent?.slice(0, 40) ?? '—');
}

const readPage = (cursor: string | undefined) =>
  bodyOf(api.GET('/v1/sessions', { params: { query: { limit: 50, ...given({ cursor }) } } }));

function Sessions() {
  const t = useText();
  const word = useWord();
  const own = useQuery({ queryKey: ['own-session'], queryFn: () => bodyOf(api.GET('/auth/session')) });
  const list = useList(['sessions', 'list'], readPage);
  const [ending, setEnding] = useState<Session | undefined>();
  return (
    <>
      <ResourceList
        title={t('sessions.title')}
        hint={t('sessions.hint')}
        list={list}
        rowKey={({ session_id }) => session_id}
        empty={<Empty title={t('sessions.empty')} />}
        columns={[
          {
            id: 'who',
            header: t('sessions.who'),
            cell: ({ session_id, subject, method, user_agent }) => (
              <div>
                <div className="flex items-center gap-2 font-medium">
                  {subject ?? word('method', method)}
                  {session_id === own.data?.session_id && <Badge tone="info">{t('sessions.own')}</Badge>}
                </div>
                <div className="text-xs text-soft">{browserOf(user_agent)}</div>
              </div>
            ),
          },
          {
            id: 'status',
            header: t('status'),
            cell: ({ end_reason }) => (
              <Badge tone={end_reason === null ? 'good' : 'quiet'} dot>
                {end_reason === null ? t('sessions.open') : word('sessionEnd', end_reason)}
              </Badge>
            ),
          },
          {
            id: 'seen',
            header: t('sessions.lastSeen'),
            cell: ({ last_seen_at }) => <RelativeTime at={last_seen_at} />,
          },
          {
            id: 'begun',
            header: t('sessions.begun'),
            secondary: true,
            cell: ({ created_at }) => <RelativeTime at={created_at} />,
          },
          {
            id: 'end',
            header: '',
            align: 'right',
            cell: (session) =>
              session.ended_at === null && (
                <Button
                  size="small"
                  onClick={() => {
                    setEnding(session);
                  }}
                >
                  {t('sessions.end')}
                </Button>
              ),
          },
        ]}
      />
      {ending && (
        <EndDialog
          session={ending}
          onClose={() => {
            setEnding(undefined);
          }}
        />
      )}
    </>
  );
}

function EndDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useText();
  const { session_id } = session;
  const write = useGuardedWrite({
    resource: session,
    read: () => findInList(readPage, (each) => each.session_id === session_id),
    write: (body: { reason: Reason }, base) =>
      bodyOf(
        api.POST('/v1/sessions/{session_id}/end', {
          params: { path: { session_id }, header: ifUnchanged(base) },
          body,
        }),
      ),
    done: t('sessions.ended'),
    changes: ['sessions'],
    onDone: onClose,
  });
  return (
    <ReasonDialog
      title={t('sessions.endTitle')}
      hint={t('sessions.endHint', { browser: browserOf(session.user_agent) })}
      submitLabel={t('sessions.end')}
      danger
      write={write}
      onClose={onClose}
    />
  );
}
