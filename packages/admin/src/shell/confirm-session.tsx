import { ArrowRight } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import { api, bodyOf } from '../api/client';
import { isCode } from '../api/problem';
import { Button, buttonClass } from '../parts/button';
import { Dialog, DialogActions } from '../parts/dialog';
import { Field, Input } from '../parts/fields';
import { Fault } from '../parts/states';
import { useText } from '../text/texts';
import { useSession } from './session';
import { loginAddress } from './sign-in';

/** Asks for the credential once more, before an action on secrets. A person of an identity provider signs in there again. */
export function ConfirmSession({ onEnd }: { onEnd: (confirmed: boolean) => void }) {
  const t = useText();
  const { me } = useSession();
  const [key, setKey] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    bodyOf(api.POST('/auth/session/confirm', { body: { api_key: key.trim() } }))
      .then(
        () => onEnd(true),
        (refusal: unknown) => {
          const isWrong = isCode(refusal, 'UNAUTHENTICATED') || isCode(refusal, 'PERMISSION_DENIED');
          setError(isWrong ? new Error(t('confirmSession.wrong')) : (refusal as Error));
        },
      )
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <Dialog open onClose={() => onEnd(false)} title={t('confirmSession.title')} hint={t('confirmSession.hint')}>
      {me.type === 'user' ? (
        <DialogActions>
          <a href={loginAddress(true)} className={buttonClass({ look: 'primary' })}>
            {t('signIn.oidc')}
            <ArrowRight aria-hidden />
          </a>
        </DialogActions>
      ) : (
        <form onSubmit={submit} className="space-y-4">
          <Field label={t('signIn.apiKey')}>
            {(aria) => (
              <Input
                {...aria}
                type="password"
                autoComplete="current-password"
                required
                value={key}
                onChange={(event) => {
                  setKey(event.target.value);
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
      )}
    </Dialog>
  );
}
