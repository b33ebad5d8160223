import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../api/client';
import { given, useList } from '../../api/lists';
import { useWrite } from '../../api/use-write';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { Field, TextArea } from '../../parts/fields';
import { faultOf } from '../../parts/form-dialog';
import { Fault, Loading, Refusal } from '../../parts/states';
import { Time } from '../../parts/time';
import type { Reason } from '../../parts/reason-fields';
import { ReasonDialog } from '../../parts/write-dialog';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { useActorNames } from '../events/event-feed';

type Note = Schemas['CustomerNote'];

/** Notes on a customer, the newest first. */
export function Notes({ customerId }: { customerId: string }) {
  const t = useText();
  const may = useMay();
  const nameOf = useActorNames();
  const [deleting, setDeleting] = useState<Note | undefined>();
  const list = useList(['customers', customerId, 'notes'], (cursor) =>
    bodyOf(
      api.GET('/v1/customers/{customer_id}/notes', {
        params: { path: { customer_id: customerId }, query: { limit: 20, ...given({ cursor }) } },
      }),
    ),
  );
  const mayWrite = may('customers:write');
  return (
    <Card title={t('notes.title')} hint={t('notes.hint')}>
      {mayWrite && <AddNote customerId={customerId} />}
      {list.isPending ? (
        <Loading />
      ) : list.error && list.rows.length === 0 ? (
        <Refusal error={list.error} onRetry={() => void list.refetch()} />
      ) : list.rows.length === 0 ? (
        <p className="text-sm text-soft">{t('notes.empty')}</p>
      ) : (
        <ul className="divide-y divide-line">
          {list.rows.map((note) => (
            <li key={note.note_id} className="flex items-start gap-3 py-3 text-sm first:pt-0 last:pb-0">
              <div className="min-w-0 grow">
                <p className="wrap-anywhere whitespace-pre-wrap">{note.text}</p>
                <p className="mt-1 text-xs text-soft">
                  {nameOf({ type: note.author_type, id: note.author_id })} · <Time at={note.created_at} />
                </p>
              </div>
              {mayWrite && (
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={t('notes.delete')}
                  onClick={() => {
                    setDeleting(note);
                  }}
                >
                  <Trash2 aria-hidden />
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button size="small" className="mt-3" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('list.more')}
        </Button>
      )}
      {deleting && (
        <DeleteNote
          note={deleting}
          onClose={() => {
            setDeleting(undefined);
          }}
        />
      )}
    </Card>
  );
}

function AddNote({ customerId }: { customerId: string }) {
  const t = useText();
  const [text, setText] = useState('');
  const add = useWrite({
    write: (typed: string) =>
      bodyOf(
        api.POST('/v1/customers/{customer_id}/notes', {
          params: { path: { customer_id: customerId } },
          body: { text: typed },
        }),
      ),
    done: t('notes.added'),
    changes: ['customers'],
    onDone: () => {
      setText('');
    },
  });
  return (
    <form
      className="mb-5 space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(text);
      }}
    >
      <Field label={t('notes.new')} fault={faultOf(add.error, 'text')}>
        {(aria) => (
          <TextArea
            {...aria}
            required
            maxLength={10_000}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
        )}
      </Field>
      <Fault error={add.error} />
      <Button type="submit" size="small" busy={add.isPending} disabled={text.trim() === ''}>
        {t('notes.add')}
      </Button>
    </form>
  );
}

function DeleteNote({ note, onClose }: { note: Note; onClose: () => void }) {
  const t = useText();
  const { customer_id, note_id } = note;
  const remove = useWrite({
    write: (body: { reason: Reason }) =>
      bodyOf(
        api.DELETE('/v1/customers/{customer_id}/notes/{note_id}', { params: { path: { customer_id, note_id } }, body }),
      ),
    done: t('notes.deleted'),
    changes: ['customers'],
    onDone: onClose,
  });
  return (
    <ReasonDialog
      title={t('notes.delete')}
      hint={t('notes.deleteHint')}
      submitLabel={t('notes.delete')}
      danger
      code="CORRECTION"
      write={remove}
      onClose={onClose}
    />
  );
}
