import { useCallback, useState } from 'react';
import { useSession } from './session';

/** A choice of the person for this tenant, which this browser keeps. */
export function useKept<T>(name: string, initial: T): [T, (value: T) => void] {
  const { me } = useSession();
  const key = `imprimatur.${name}.${[me.tenant_id, me.type, me.id].join('.')}`;
  const [value, setValue] = useState(() => read(key, initial));
  const keep = useCallback(
    (changed: T) => {
      localStorage.setItem(key, JSON.stringify(changed));
      setValue(changed);
    },
    [key],
  );
  return [value, keep];
}

function read<T>(key: string, initial: T): T {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '') as T;
  } catch {
    return initial;
  }
}
