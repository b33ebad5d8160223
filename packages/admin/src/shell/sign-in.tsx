import { useQuery } from '@tanstack/react-query';
import { ArrowRight, KeyRound, TriangleAlert } from 'lucide-react';
import { useEffect, useState, type ReactNode, type SyntheticEvent } from 'react';
import { api, bodyOf, type Schemas } from '../api/client';
import { toCredential } from '../api/credential';
import { isCode } from '../api/problem';
import { signInOptionsQuery } from '../api/queries';
import { Button, buttonClass } from '../parts/button';
import { Code } from '../parts/copy';
import { Field, Input } from '../parts/fields';
import { Fault } from '../parts/states';
import { useText, useWord } from '../text/texts';
import { Logo } from './logo';

export interface SignInProblem {
  readonly reason: string;
  readonly error?: Error;
}

/** Page that the identity provider may lead back to, as the server allows it. */
const RETURN_TO = /^\/admin\/[\w\-./~?=&%]*$/;

/** Address at the identity provider's door; afterwards the browser returns to the page that it is on. */
export function loginAddress(again = false): string {
  const pages = [location.pathname + location.search, location.pathname, '/admin/'];
  const query = new URLSearchParams({ return_to: pages.find((page) => RETURN_TO.test(page)) ?? '/admin/' });
  if (again) query.set('again', 'true');
  return `/auth/login?${query.toString()}`;
}

export function SignIn({ problem, onSignedIn }: SignInProps) {
  const t = useText();
  useEffect(() => {
    document.title = `${t('signIn.title')} · Imprimatur`;
  }, [t]);
  return (
    <main className="grid min-h-dvh place-items-center bg-page p-4">
      <SignInCard
        title={<h1 className="text-lg font-semibold tracking-tight">{t('signIn.title')}</h1>}
        problem={problem}
        onSignedIn={onSignedIn}
      />
    </main>
  );
}

interface SignInProps {
  problem: SignInProblem | undefined;
  onSignedIn: (session: Schemas['OwnSession']) => void;
}

/** The ways to sign in. With `inNewTab` the page stays as it is while somebody is at the identity provider. */
export function SignInCard({
  title,
  problem,
  inNewTab = false,
  onSignedIn,
}: SignInProps & { title: ReactNode; inNewTab?: boolean }) {
  const t = useText();
  const word = useWord();
  const options = useQuery(signInOptionsQuery);
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const body = toCredential(key);
    setBusy(true);
    setError(null);
    bodyOf(api.POST('/auth/session', { body }))
      .then(onSignedIn, (refusal: unknown) => {
        const wrong = 'code' in body ? word('refused', 'LINK_INVALID') : t('signIn.wrongKey');
        if (isCode(refusal, 'UNAUTHENTICATED')) setError(new Error(wrong));
        else if (isCode(refusal, 'PERMISSION_DENIED')) setError(new Error(t('signIn.otherKey')));
        else setError(refusal as Error);
      })
      .finally(() => {
        setBusy(false);
      });
  };

  return (
    <div className="w-full max-w-sm">
      <div className="mb-6 flex items-center justify-center gap-3">
        <Logo className="size-9" />
        <span className="text-lg font-semibold tracking-tight">Imprimatur</span>
      </div>
      <div className="rounded-2xl border border-line bg-card p-7 shadow-sm">
        {title}
        <p className="mt-1 text-sm text-soft">{t('signIn.hint')}</p>
        {problem && (
          <p role="alert" className="mt-4 flex gap-2.5 rounded-lg bg-warn-soft px-3.5 py-3 text-sm text-warn">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
            {word('refused', problem.reason)}
          </p>
        )}
        {options.data?.oidc === true && (
          <>
            <a
              href={loginAddress()}
              {...(inNewTab && { target: '_blank', rel: 'noopener' })}
              className={buttonClass({ look: 'primary' }, 'mt-5 w-full')}
            >
              {t('signIn.oidc')}
              <ArrowRight aria-hidden />
            </a>
            <p className="mt-5 flex items-center gap-3 text-xs text-soft before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
              {t('signIn.or')}
            </p>
          </>
        )}
        <form onSubmit={submit} className="mt-5 space-y-4">
          <Field label={t('signIn.apiKey')}>
            {(aria) => (
              <Input
                {...aria}
                type="password"
                name="api_key"
                autoComplete="current-password"
                placeholder="imp_…"
                required
                value={key}
                onChange={(event) => {
                  setKey(event.target.value);
                }}
              />
            )}
          </Field>
          <Fault error={error} />
          <Button
            type="submit"
            look={options.data?.oidc === true ? 'plain' : 'primary'}
            busy={isBusy}
            className="w-full"
          >
            <KeyRound aria-hidden />
            {t('signIn.withKey')}
          </Button>
        </form>
      </div>
      <p className="mt-5 text-center text-xs text-soft">
        {t('signIn.link')} <Code>npm run admin-link</Code>
      </p>
    </div>
  );
}
