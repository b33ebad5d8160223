import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { given } from '../../api/lists';
import { dayOf, startOfDay } from '../../parts/days';
import { CheckField, Input } from '../../parts/fields';
import { FilterBar, FilterSelect, SearchField } from '../../parts/filter-bar';
import { Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { useText, useWord } from '../../text/texts';
import { ENGLISH } from '../../text/en';
import { EventFeed } from './event-feed';

const route = getRouteApi('/events');
const EVENT_TYPES = Object.keys(ENGLISH).flatMap((id) => (id.startsWith('event.') ? [id.slice('event.'.length)] : []));

export function EventList() {
  const t = useText();
  const word = useWord();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [isLive, setLive] = useState(false);
  const change = (changed: Partial<typeof search>) =>
    void navigate({ search: given({ ...search, ...changed }), replace: true });
  const toTime = (value: string) => (value === '' ? undefined : startOfDay(value));
  return (
    <Gate permission="events:read">
      <PageHeader
        title={t('events.title')}
        name={t('events.title')}
        hint={t('events.hint')}
        actions={
          <CheckField
            label={t('events.live')}
            checked={isLive}
            onChange={(event) => {
              setLive(event.target.checked);
            }}
          />
        }
      />
      <FilterBar
        onClear={Object.keys(search).length > 0 ? () => void navigate({ search: {}, replace: true }) : undefined}
      >
        <SearchField
          label={t('events.search')}
          value={search.resource_id ?? ''}
          onChange={(resource_id) => change({ resource_id })}
        />
        <FilterSelect
          label={t('events.anyType')}
          value={search.event_type}
          onChange={(event_type) => change({ event_type })}
          options={EVENT_TYPES.map((type) => [type, `${word('event', type)} (${type})`])}
        />
        <label className="flex items-center gap-2 text-sm text-soft">
          {t('events.from')}
          <Input
            type="date"
            value={dayOf(search.created_from ?? null)}
            onChange={(event) => change({ created_from: toTime(event.target.value) })}
            className="w-auto"
          />
        </label>
        <label className="flex items-center gap-2 text-sm text-soft">
          {t('events.before')}
          <Input
            type="date"
            value={dayOf(search.created_before ?? null)}
            onChange={(event) => change({ created_before: toTime(event.target.value) })}
            className="w-auto"
          />
        </label>
      </FilterBar>
      <EventFeed filter={search} withResource isLive={isLive} />
    </Gate>
  );
}
