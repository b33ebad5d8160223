import { createContext, useContext } from 'react';
import type { Schemas } from '../api/client';

type Caller = Schemas['Caller'];
export type Permission = Schemas['TenantPermission'];

export interface Session {
  readonly me: Caller;
  /** Whether the signed-in one has a permission; what needs none is open. */
  readonly may: (permission: string | undefined) => boolean;
  readonly signOut: () => void;
  readonly leaveTenant: (() => void) | undefined;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('This part of the page needs a session.');
  return session;
}

/** Returns whether the signed-in one has a permission. The server decides; this only hides what it would refuse. */
export function useMay(): Session['may'] {
  return useSession().may;
}
