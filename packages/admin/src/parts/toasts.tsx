import { Toast } from '@base-ui/react/toast';
import { CircleCheck, X } from 'lucide-react';
import { useCallback, type ReactNode } from 'react';
import { useText } from '../text/texts';

export function Toasts({ children }: { children: ReactNode }) {
  const t = useText();
  return (
    <Toast.Provider timeout={5_000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport
          aria-label={t('notices')}
          className="fixed right-4 bottom-4 z-60 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2"
        >
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const t = useText();
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="appear rounded-lg border border-line bg-card p-3 shadow-xl">
      <Toast.Content className="flex items-start gap-2.5">
        <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
        <Toast.Title className="grow text-sm font-medium" />
        <Toast.Close aria-label={t('close')} className="rounded p-0.5 text-soft hover:bg-sunken">
          <X className="size-4" aria-hidden />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Returns the function that says that something is done. */
export function useNotify(): (text: string) => void {
  const { add } = Toast.useToastManager();
  return useCallback((title) => void add({ title }), [add]);
}
