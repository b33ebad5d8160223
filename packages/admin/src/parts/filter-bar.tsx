import { Search, X } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useText } from '../text/texts';
import { Button } from './button';
import { Input, Select } from './fields';
import { mayBeLicenseKey } from './license-key-text';

const TYPING_MS = 250;
/** They open the search also while a field has the focus. */
const SEARCH_KEYS = navigator.userAgent.includes('Mac') ? '⌘K' : 'Ctrl+K';

export function FilterBar({ children, onClear }: { children: ReactNode; onClear?: (() => void) | undefined }) {
  const t = useText();
  return (
    <div role="search" className="mb-4 flex flex-wrap items-center gap-2">
      {children}
      {onClear && (
        <Button look="quiet" onClick={onClear}>
          <X aria-hidden />
          {t('filter.clear')}
        </Button>
      )}
    </div>
  );
}

/**
 * The field that `/` leads to. It changes the address a moment after the last letter. A field that holds back keys changes it with no text that
 * may be a license key, and says where that is found.
 */
export function SearchField({
  value,
  onChange,
  label,
  holdsBackKeys = false,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  holdsBackKeys?: boolean;
}) {
  const t = useText();
  const hintId = useId();
  const [text, setText] = useState(value);
  const isHeldBack = holdsBackKeys && mayBeLicenseKey(text);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  const [former, setFormer] = useState(value);
  if (value !== former) {
    setFormer(value);
    setText(value);
  }
  useEffect(() => {
    if (text.trim() === value || isHeldBack) return undefined;
    const timer = setTimeout(() => latest.current(text.trim()), TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text, value, isHeldBack]);
  return (
    <div className="relative w-full sm:w-72">
      <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-soft" aria-hidden />
      <Input
        data-search
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={100}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
        aria-describedby={isHeldBack ? hintId : undefined}
        className="pl-9"
      />
      <p id={hintId} role="status" className={isHeldBack ? 'mt-1 text-xs text-soft' : 'sr-only'}>
        {isHeldBack && t('filter.mayBeKey', { key: SEARCH_KEYS })}
      </p>
    </div>
  );
}

export function FilterSelect({
  label,
  value,
  onChange,
  options,
  className = 'w-auto max-w-56',
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  options: readonly (readonly [value: string, text: string])[];
  /** Names a width where the options come later, so that nothing moves. */
  className?: string;
}) {
  const isListed = value === undefined || options.some(([option]) => option === value);
  return (
    <Select
      aria-label={label}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || undefined)}
      className={className}
    >
      <option value="">{label}</option>
      {!isListed && <option value={value}>{value}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </Select>
  );
}
