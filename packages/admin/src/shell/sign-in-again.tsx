import { Dialog } from '@base-ui/react/dialog';
import type { Schemas } from '../api/client';
import { useText } from '../text/texts';
import { SignInCard } from './sign-in';

/** Covers the page after its session has ended. What somebody was writing is still there when they sign in again. */
export function SignInAgain({ onSignedIn }: { onSignedIn: (session: Schemas['OwnSession']) => void }) {
  const t = useText();
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Popup className="fixed inset-0 z-60 grid place-items-center overflow-y-auto bg-page p-4 outline-none">
          <SignInCard
            title={
              <Dialog.Title render={<h1 />} className="text-lg font-semibold tracking-tight">
                {t('signIn.title')}
              </Dialog.Title>
            }
            problem={{ reason: 'ENDED' }}
            inNewTab
            onSignedIn={onSignedIn}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
