import { Link, type LinkProps } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names';

const LOOKS = {
  primary: 'bg-accent text-on-accent border-transparent hover:brightness-110 shadow-xs',
  plain: 'bg-card text-ink border-line hover:bg-sunken shadow-xs',
  quiet: 'border-transparent text-soft hover:bg-sunken hover:text-ink',
  danger: 'bg-bad-fill text-white border-transparent hover:brightness-110 shadow-xs',
} as const;

const SIZES = {
  small: 'h-7 px-2.5 text-xs gap-1.5',
  medium: 'h-9 px-3.5 text-sm gap-2',
  icon: 'size-9 justify-center',
} as const;

interface Looks {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
}

export function buttonClass({ look = 'plain', size = 'medium' }: Looks = {}, more?: string): string {
  return cn(
    'inline-flex shrink-0 items-center justify-center rounded-md border font-medium whitespace-nowrap transition-colors select-none',
    'disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
    LOOKS[look],
    SIZES[size],
    more,
  );
}

export function Button({
  look,
  size,
  busy = false,
  className,
  type = 'button',
  disabled,
  ...rest
}: ComponentProps<'button'> & Looks & { busy?: boolean }) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={buttonClass({ ...(look && { look }), ...(size && { size }) }, className)}
    />
  );
}

export function LinkButton({
  look,
  size,
  className,
  children,
  ...rest
}: LinkProps & Looks & { className?: string; children: ReactNode }) {
  return (
    <Link {...rest} className={buttonClass({ ...(look && { look }), ...(size && { size }) }, className)}>
      {children}
    </Link>
  );
}
