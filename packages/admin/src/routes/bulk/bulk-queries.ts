import { queryOptions } from '@tanstack/react-query';
import type { Schemas } from '../../api/client';
import { ownerOf } from '../../api/queries';
import { readChanges } from './bulk-store';

/** The changes of many licenses that this browser keeps for the one who is signed in. */
export const bulkChangesQuery = (me: Schemas['Caller']) =>
  queryOptions({
    queryKey: ['bulk-changes', ownerOf(me)],
    queryFn: () => readChanges(ownerOf(me)),
    // Another tab may be at work.
    refetchInterval: 5_000,
  });
