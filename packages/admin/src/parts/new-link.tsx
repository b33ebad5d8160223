import type { LinkProps } from '@tanstack/react-router';
import { Plus, type LucideIcon } from 'lucide-react';
import { useMay } from '../shell/session';
import { LinkButton } from './button';

/** Leads to the form for something new, for those who may make it. */
export function NewLink({
  permission,
  icon: Icon = Plus,
  text,
  ...link
}: Pick<LinkProps, 'to' | 'search'> & { permission: string; icon?: LucideIcon; text: string }) {
  if (!useMay()(permission)) return null;
  return (
    <LinkButton {...link} look="primary">
      <Icon aria-hidden />
      {text}
    </LinkButton>
  );
}
