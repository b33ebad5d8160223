import { useQuery } from '@tanstack/react-query';
import { ArrowRight } from 'lucide-react';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { api, bodyOf } from '../api/client';
import { toCredential } from '../api/credential';
import { listenToOtherTabs } from '../api/other-tabs';
import { isCode } from '../api/problem';
import { ownSessionQuery } from '../api/queries';
import { Button, buttonClass } from '../parts/button';
import { Dialog, DialogActions } from '../parts/dialog';
import { Field, Input } from '../parts/fields';
import { Fault, Loading } from '../parts/states';
import { useText } from '../text/texts';
import { loginAddress } from './sign-in';

/**
 * Asks for a credential once more, before an action on secrets: the API key, a new link, or a sign-in at the identity provider. It ends as
 * well when that was done in another tab.
 */
export function ConfirmSession({ onEnd }: { onEnd: (confirmed: boolean) => void }) {
  const t = useText();
  const session = useQuery({ ...ownSessionQuery, staleTime: 0, gcTime: 0 });
  const { refetch } = session;
  // Another tab signs in with a session of its own, or confirms this one.
  const shown = session.data && `${session.data.session_id} ${session.data.authenticated_at}`;
  const [before, setBefore] = useState<string | undefined>();
  if (before === undefined && shown !== undefined) setBefore(shown);

  useEffect(
    () =>
      listenToOtherTabs(() => {
        void refetch();
      }),
    [refetch],
  );
  useEffect(() => {
    if (before !== undefined && shown !== undefined && shown !== before) onEnd(true);
  }, [before, shown, onEnd]);

  return (
    <Dialog open onClose={() => onEnd(false)} title={t('confirmSession.title')} hint={t('confirmSession.hint')}>
      {session.error ? (
        <Fault error={session.error} />
      ) : session.data === undefined ? (
        <Loading />
      ) : session.data.method === 'oidc' ? (
        <>
          <p className="text-sm">{t('confirmSession.newTab')}</p>
          <DialogActions>
            <Button onClick={() => onEnd(false)}>{t('cancel')}</Button>
            <a href={loginAddress(true)} target="_blank" rel="noopener" className={buttonClass({ look: 'primary' })}>
              {t('signIn.oidc')}
              <ArrowRight aria-hidden />
            </a>
          </DialogActions>
        </>
      ) : (
        <ConfirmForm isOfLink={session.data.method === 'link'} onEnd={onEnd} />
      )}
    </Dialog>
  );
}

function ConfirmForm({ isOfLink, onEnd }: { isOfLink: boolean; onEnd: (confirmed: boolean) => void }) {
  const t = useText();
  const [pasted, setPasted] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const body = toCredential(pasted);
    bodyOf(api.POST('/auth/session/confirm', { body }))
      .then(
        () => onEnd(true),
        (refusal: unknown) => {
          const isWrong = isCode(refusal, 'UNAUTHENTICATED') || isCode(refusal, 'PERMISSION_DENIED');
          const wrong = t('code' in body ? 'confirmSession.wrongLink' : 'confirmSession.wrong');
          setError(isWrong ? new Error(wrong) : (refusal as Error));
        },
      )
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <Field
        label={t(isOfLink ? 'confirmSession.keyOrLink' : 'signIn.apiKey')}
        hint={isOfLink ? t('confirmSession.linkHint', { command: 'npm run admin-link' }) : undefined}
      >
        {(aria) => (
          <Input
            {...aria}
            type="password"
            autoComplete="current-password"
            required
            value={pasted}
            onChange={(event) => {
              setPasted(event.target.value);
            }}
          />
        )}
      </Field>
      <Fault error={error} />
      <DialogActions>
        <Button onClick={() => onEnd(false)}>{t('cancel')}</Button>
        <Button type="submit" look="primary" busy={isBusy}>
          {t('confirm')}
        </Button>
      </DialogActions>
    </form>
  );
}
