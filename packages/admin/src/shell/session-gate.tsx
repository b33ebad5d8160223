import { useQuery, useQueryClient } from '@tanstack/react-query';
import {
  Fragment,
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react';
import { actFor, actingFor, showTo } from '../api/acting-for';
import { api, bodyOf, type Schemas } from '../api/client';
import { listenToOtherTabs, tellOtherTabs } from '../api/other-tabs';
import { isCode, ProblemError } from '../api/problem';
import { forgetAll, meQuery, ownerOf } from '../api/queries';
import { queryClient } from '../api/query-client';
import { listenToSession } from '../api/session-signals';
import { Button } from '../parts/button';
import { Loading, Refusal } from '../parts/states';
import { useText } from '../text/texts';
import { SessionContext, type Session } from './session';
import { SignIn, type SignInProblem } from './sign-in';

const ConfirmSession = lazy(async () => ({ default: (await import('./confirm-session')).ConfirmSession }));
const SignInAgain = lazy(async () => ({ default: (await import('./sign-in-again')).SignInAgain }));
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
  const t = useText();
  const client = useQueryClient();
  const [code, setCode] = useState(arrived.code);
  const [problem, setProblem] = useState<SignInProblem | undefined>(
    arrived.refused === undefined ? undefined : { reason: arrived.refused },
  );
  const [confirming, setConfirming] = useState<((confirmed: boolean) => void) | undefined>();
  const me = useQuery({ ...meQuery, enabled: code === undefined });
  const isSignedOut = isCode(me.error, 'UNAUTHENTICATED');
  const owner = me.data && !isSignedOut ? ownerOf(me.data) : undefined;

  useEffect(() => {
    // A link that is opened in a tab of this page changes its fragment alone.
    const take = () => {
      const { code: next } = takeFragment();
      if (next !== undefined) setCode(next);
    };
    addEventListener('hashchange', take);
    return () => {
      removeEventListener('hashchange', take);
    };
  }, []);

  useEffect(() => {
    if (code === undefined) return;
    bodyOf(api.POST('/auth/session', { body: { code } }))
      .then(startOver)
      .catch((error: unknown) => {
        setProblem({
          reason: isCode(error, 'UNAUTHENTICATED') ? 'LINK_INVALID' : 'SIGN_IN_FAILED',
          error: error as Error,
        });
      })
      .finally(() => {
        setCode(undefined);
        void client.invalidateQueries({ queryKey: meQuery.queryKey });
      });
  }, [code, client]);

  const lookAgain = useCallback(() => {
    // A read of the caller that is under way answers this, too.
    void client.refetchQueries({ queryKey: meQuery.queryKey }, { cancelRefetch: false });
  }, [client]);
  const isCovered = isSignedOut && me.data !== undefined;

  useEffect(() => {
    if (!isCovered) return;
    return () => {
      // Reads under the cover were refused meanwhile.
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
    };
  }, [isCovered, client]);

  useEffect(
    () =>
      listenToSession({
        signedOut: () => {
          if (!isSignedOut) lookAgain();
        },
        confirm: () =>
          new Promise((resolve) => {
            setConfirming(() => (confirmed: boolean) => {
              setConfirming(undefined);
              resolve(confirmed);
            });
          }),
      }),
    [lookAgain, isSignedOut],
  );

  // Before the effects of the page, which send requests.
  useLayoutEffect(() => {
    showTo(me.data);
  }, [me.data]);

  useEffect(() => {
    if (owner !== undefined) tellOtherTabs(owner);
  }, [owner]);

  useEffect(
    () =>
      listenToOtherTabs((other) => {
        if (other !== owner) lookAgain();
      }),
    [owner, lookAgain],
  );

  const signOut = useCallback(() => {
    bodyOf(api.DELETE('/auth/session'))
      .then(({ sign_out_url }) => {
        actFor(undefined);
        tellOtherTabs(undefined);
        location.assign(sign_out_url ?? '/admin/');
      })
      .catch(() => {
        location.assign('/admin/');
      });
  }, []);

  const leave = useCallback(() => {
    actFor(undefined);
    // Nothing of the tenant may be shown for the next one. The query of who is signed in is on this page, so it is read again.
    forgetAll(client);
    void client.resetQueries({ queryKey: meQuery.queryKey });
  }, [client]);

  const session = useMemo((): Session | undefined => {
    if (!me.data) return undefined;
    const permissions = new Set<string>(me.data.permissions);
    return {
      me: me.data,
      may: (permission) => permission === undefined || permissions.has(permission),
      signOut,
      leaveTenant: actingFor() === undefined ? undefined : leave,
    };
  }, [me.data, signOut, leave]);

  if (code !== undefined || me.isPending) return <Loading />;
  const enter = (signedIn: Schemas['OwnSession']) => {
    startOver(signedIn);
    setProblem(undefined);
    void me.refetch();
  };
  if (!session) {
    if (isSignedOut) return <SignIn problem={problem} onSignedIn={enter} />;
    return me.error instanceof ProblemError ? (
      <main>
        <Refusal isPage error={me.error} onRetry={() => void me.refetch()} />
        <p className="flex flex-wrap justify-center gap-2">
          {actingFor() !== undefined && <Button onClick={leave}>{t('tenants.leave')}</Button>}
          <Button onClick={signOut}>{t('signOut')}</Button>
        </p>
      </main>
    ) : (
      <Loading />
    );
  }
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
          <Fragment key={ownerOf(session.me)}>{children}</Fragment>
        )}
      </Suspense>
      {confirming && !isSignedOut && (
        <Suspense>
          <ConfirmSession onEnd={confirming} />
        </Suspense>
      )}
      {isCovered && (
        <Suspense fallback={<Loading />}>
          <SignInAgain onSignedIn={enter} />
        </Suspense>
      )}
    </SessionContext>
  );
}

/** Forgets the tenant that the one before has acted for. */
function startOver({ type, id }: Schemas['OwnSession']): void {
  const former = queryClient.getQueryData<Schemas['Caller']>(meQuery.queryKey);
  if (type !== 'platform_key' || (former && former.id !== id)) actFor(undefined);
}
