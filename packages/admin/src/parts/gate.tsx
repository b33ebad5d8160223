import type { ComponentType, ReactNode } from 'react';
import { useMay } from '../shell/session';
import { Card } from './card';
import { Forbidden } from './states';

/** Shows a page to those who may see it; others learn which permission they lack. */
export function Gate({
  permission,
  isPart = false,
  children,
}: {
  permission: string;
  /** Other parts of the page stay. */
  isPart?: boolean;
  children: ReactNode;
}) {
  return useMay()(permission) ? (
    children
  ) : (
    <Card flush>
      <Forbidden permission={permission} isPage={!isPart} />
    </Card>
  );
}

/** Returns the page for those who have the permission. It reads nothing for others. */
export function gated(permission: string, Page: ComponentType): ComponentType {
  return function Gated() {
    return (
      <Gate permission={permission}>
        <Page />
      </Gate>
    );
  };
}
