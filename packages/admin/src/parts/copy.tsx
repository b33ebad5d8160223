import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useText } from '../text/texts';
import { Button } from './button';
import { cn } from './class-names';

const SHOWN_MS = 2_000;

export function CopyButton({ text, label, className }: { text: string; label?: string; className?: string }) {
  const t = useText();
  const [outcome, setOutcome] = useState<'copied' | 'notCopied' | undefined>();
  const copy = async () => {
    // The browser, or its policy, may refuse.
    setOutcome(
      await navigator.clipboard.writeText(text).then(
        () => 'copied' as const,
        () => 'notCopied' as const,
      ),
    );
    setTimeout(() => {
      setOutcome(undefined);
    }, SHOWN_MS);
  };
  return (
    <Button size="small" className={cn(className)} onClick={() => void copy()}>
      {outcome === 'copied' ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span aria-live="polite">{outcome === undefined ? (label ?? t('copy')) : t(outcome)}</span>
    </Button>
  );
}

/** An id in fixed-width letters. */
export function Code({ children }: { children: string }) {
  return <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-[0.8125rem] break-all">{children}</code>;
}

/** A command or a document to copy. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative rounded-lg border border-line bg-sunken">
      <pre
        tabIndex={0}
        aria-label={label}
        className="overflow-x-auto p-3 pr-20 font-mono text-xs leading-relaxed whitespace-pre-wrap break-all"
      >
        {text}
      </pre>
      <CopyButton text={text} className="absolute top-2 right-2" />
    </div>
  );
}
