import type { ReactNode } from 'react';
import { useMay } from '../shell/session';
import { Card } from './card';
import { Forbidden } from './states';

/** Shows a page to those who may see it; others learn which permission they lack. */
export function Gate({ permission, children }: { permission: string; children: ReactNode }) {
  return useMay()(permission) ? (
    children
  ) : (
    <Card flush>
      <Forbidden permission={permission} />
    </Card>
  );
}
