import { LinkButton } from '../parts/button';
import { Empty } from '../parts/states';
import { useText } from '../text/texts';

export function NotFound() {
  const t = useText();
  return (
    <Empty isPage title={t('notFound.title')} hint={t('notFound.hint')}>
      <LinkButton to="/licenses">{t('notFound.home')}</LinkButton>
    </Empty>
  );
}
