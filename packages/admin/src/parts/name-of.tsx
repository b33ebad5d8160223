import { useQuery } from '@tanstack/react-query';
import { choicesQuery, nameQuery, type Choosable } from '../api/queries';
import { useMay } from '../shell/session';

/** Name of what was chosen, for who may read it; else its id. */
export function NameOf({ of, id }: { of: Choosable; id: string }) {
  const mayRead = useMay()(`${of}:read`);
  const { data: found } = useQuery({ ...choicesQuery(of), enabled: mayRead });
  const listed = found?.options.find((option) => option.id === id)?.name;
  const { data: name } = useQuery({ ...nameQuery(of, id), enabled: found?.hasMore === true && listed === undefined });
  return <>{listed ?? name ?? id}</>;
}
