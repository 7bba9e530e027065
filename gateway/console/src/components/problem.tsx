import { reasonText, t } from '../i18n';
import { Icon } from './icon';

/** What went wrong with the last thing that was asked, if anything did. */
export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  return <p class="problem with-icon" role="alert"><Icon name="cross" />{t('failed', { why: reasonText(error) })}</p>;
}
