import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { actFor, actingFor } from '../api/acting-for';
import { api, bodyOf } from '../api/client';
import { isCode, ProblemError } from '../api/problem';
import { meQuery } from '../api/queries';
import { listenToSession } from '../api/session-signals';
import { Loading, Refusal } from '../parts/states';
import { SessionContext, type Session } from './session';
import { SignIn, type SignInProblem } from './sign-in';

const ConfirmSession = lazy(async () => ({ default: (await import('./confirm-session')).ConfirmSession }));
const TenantChoice = lazy(async () => ({ default: (await import('./tenant-choice')).TenantChoice }));

/** Takes what a link or the identity provider has put behind the `#`, and removes it from the address. */
function takeFragment(): { code?: string; refused?: string } {
  const { code, refused } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (code !== undefined || refused !== undefined)
    history.replaceState(history.state, '', location.pathname + location.search);
  return { ...(code !== undefined && { code }), ...(refused !== undefined && { refused }) };
}

const arrived = takeFragment();

/** Shows its children to somebody who is signed in, and the sign-in page to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [code, setCode] = useState(arrived.code);
  const [problem, setProblem] = useState<SignInProblem | undefined>(
    arrived.refused === undefined ? undefined : { reason: arrived.refused },
  );
  const [hasEnded, setEnded] = useState(false);
  const [confirming, setConfirming] = useState<((confirmed: boolean) => void) | undefined>();
  const wasSignedIn = useRef(false);
  const me = useQuery({ ...meQuery, enabled: code === undefined });
  useEffect(() => {
    wasSignedIn.current ||= me.data !== undefined;
  }, [me.data]);

  useEffect(() => {
    if (code === undefined) return;
    bodyOf(api.POST('/auth/session', { body: { code } }))
      .catch((error: unknown) => {
        setProblem({
          reason: isCode(error, 'UNAUTHENTICATED') ? 'LINK_INVALID' : 'SIGN_IN_FAILED',
          error: error as Error,
        });
      })
      .finally(() => {
        setCode(undefined);
      });
  }, [code]);

  useEffect(
    () =>
      listenToSession({
        signedOut: () => {
          if (wasSignedIn.current) setEnded(true);
        },
        confirm: () =>
          new Promise((resolve) => {
            setConfirming(() => (confirmed: boolean) => {
              setConfirming(undefined);
              resolve(confirmed);
            });
          }),
      }),
    [],
  );

  const signOut = useCallback(() => {
    bodyOf(api.DELETE('/auth/session'))
      .then(({ sign_out_url }) => {
        actFor(undefined);
        location.assign(sign_out_url ?? '/admin/');
      })
      .catch(() => {
        location.assign('/admin/');
      });
  }, []);

  const session = useMemo((): Session | undefined => {
    if (!me.data) return undefined;
    const permissions = new Set<string>(me.data.permissions);
    const leave = () => {
      actFor(undefined);
      // Nothing of the tenant may be shown for the next one. The query of who is signed in is on this page, so it is read again.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
      void client.resetQueries({ queryKey: meQuery.queryKey });
    };
    return {
      me: me.data,
      may: (permission) => permission === undefined || permissions.has(permission),
      signOut,
      leaveTenant: actingFor() === undefined ? undefined : leave,
    };
  }, [me.data, signOut, client]);

  if (code !== undefined || me.isPending) return <Loading />;
  const isSignedOut = hasEnded || isCode(me.error, 'UNAUTHENTICATED');
  if (isSignedOut) {
    const enter = () => {
      setEnded(false);
      setProblem(undefined);
      client.clear();
      void me.refetch();
    };
    return <SignIn problem={hasEnded ? { reason: 'ENDED' } : problem} onSignedIn={enter} />;
  }
  if (me.error instanceof ProblemError && !session)
    return <Refusal error={me.error} onRetry={() => void me.refetch()} />;
  if (!session) return <Loading />;
  return (
    <SessionContext value={session}>
      <Suspense fallback={<Loading />}>
        {session.me.tenant_id === null ? (
          <TenantChoice
            onChosen={(tenantId) => {
              actFor(tenantId);
              void client.invalidateQueries();
            }}
          />
        ) : (
          children
        )}
      </Suspense>
      {confirming && (
        <Suspense>
          <ConfirmSession onEnd={confirming} />
        </Suspense>
      )}
    </SessionContext>
  );
}
