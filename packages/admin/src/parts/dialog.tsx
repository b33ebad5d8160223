import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { useText } from '../text/texts';
import { Button, buttonClass } from './button';
import { cn } from './class-names';

/** A dialog; focus returns to where it was when it closes. */
export function Dialog({
  open,
  onClose,
  title,
  hint,
  wide = false,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  hint?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const t = useText();
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={open}
      onOpenChange={(isOpen, { reason }) => {
        // A click beside a form must not lose what was typed.
        const isStray = reason === 'outside-press' && popup.current?.querySelector('form');
        if (!isOpen && !isStray) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          ref={popup}
          className={cn(
            'appear fixed top-[8vh] left-1/2 z-50 max-h-[84vh] w-[calc(100vw-2rem)] -translate-x-1/2 overflow-y-auto rounded-xl border border-line bg-card p-6 shadow-2xl',
            wide ? 'max-w-2xl' : 'max-w-md',
          )}
        >
          <Base.Title className="pr-8 text-base font-semibold">{title}</Base.Title>
          {hint !== undefined && <Base.Description className="mt-1 text-sm text-soft">{hint}</Base.Description>}
          <Base.Close
            aria-label={t('close')}
            className={buttonClass({ look: 'quiet', size: 'icon' }, 'absolute top-4 right-4 size-8')}
          >
            <X aria-hidden />
          </Base.Close>
          <div className="mt-5">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-6 flex flex-wrap justify-end gap-2">{children}</div>;
}

/** The one action of a dialog that shows what has been done. */
export function DialogDone({ onClose }: { onClose: () => void }) {
  const t = useText();
  return (
    <DialogActions>
      <Button look="primary" onClick={onClose}>
        {t('done')}
      </Button>
    </DialogActions>
  );
}
