import { getRouteApi, Link } from '@tanstack/react-router';
import { FileText } from 'lucide-react';
import { useFilteredList } from '../../api/filtered-list';
import { LinkButton } from '../../parts/button';
import { FilterSelect } from '../../parts/filter-bar';
import { gated } from '../../parts/gate';
import { ResourceList, useFilters } from '../../parts/resource-list';
import { Empty } from '../../parts/states';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { CustomerFilter } from '../customers/customer-filter';
import { EMAIL_TEMPLATES, EmailState } from './email-state';

const route = getRouteApi('/emails');
const STATUSES = ['QUEUED', 'SENT', 'FAILED', 'CANCELLED', 'EXPIRED'] as const;

export const EmailList = gated('emails:read', Emails);

function Emails() {
  const t = useText();
  const word = useWord();
  const filters = useFilters(route.useSearch(), route.useNavigate());
  const { filter, change } = filters;
  const list = useFilteredList('/v1/email-messages', 'emails', filter);
  return (
    <ResourceList
      title={t('emails.title')}
      hint={t('emails.hint')}
      actions={
        <LinkButton to="/email-templates">
          <FileText aria-hidden />
          {t('emailTexts.title')}
        </LinkButton>
      }
      filters={filters}
      filterFields={
        <>
          <CustomerFilter value={filter.customer_id} onChange={(customer_id) => change({ customer_id })} />
          <FilterSelect
            label={t('orders.anyStatus')}
            value={filter.status}
            onChange={(status) => change({ status })}
            options={STATUSES.map((status) => [status, word('emailStatus', status)])}
          />
          <FilterSelect
            label={t('emails.anyTemplate')}
            value={filter.template}
            onChange={(template) => change({ template })}
            options={EMAIL_TEMPLATES.map((name) => [name, word('emailTemplate', name)])}
          />
        </>
      }
      list={list}
      rowKey={({ email_message_id }) => email_message_id}
      empty={<Empty title={t('emails.empty')} hint={t('emails.emptyHint')} />}
      columns={[
        {
          id: 'message',
          header: t('email.template'),
          cell: ({ email_message_id, template, to }) => (
            <div className="min-w-0">
              <Link to="/emails/$emailId" params={{ emailId: email_message_id }} className={ROW_LINK}>
                {word('emailTemplate', template)}
              </Link>
              <div className="truncate text-xs text-soft">{to ?? t('emails.erased')}</div>
            </div>
          ),
        },
        {
          id: 'status',
          header: t('status'),
          cell: ({ status, reason }) => (
            <div>
              <EmailState status={status} />
              {reason !== null && <div className="mt-1 text-xs text-soft">{word('emailReason', reason)}</div>}
            </div>
          ),
        },
        {
          id: 'attempts',
          header: t('emails.attempts'),
          secondary: true,
          align: 'right',
          cell: ({ attempt_count }) => attempt_count,
        },
        { id: 'created', header: t('created'), cell: ({ created_at }) => <RelativeTime at={created_at} /> },
      ]}
    />
  );
}
