import { useRef } from 'preact/hooks';
import { languageName, languages, t, type Key } from '../i18n';
import { logout, person } from '../state/identity';
import { language, theme, zone, type Theme, type Zone } from '../state/settings';
import { Chips } from './chips';
import { Icon } from './icon';

const zones: Zone[] = ['beijing', 'xinjiang'];
const themes: Theme[] = ['auto', 'light', 'dark'];

export function LanguageSwitch() {
  return (
    <div class="chips" role="group" aria-label={t('menu.language')}>
      {languages.map((each) => (
        <button type="button" lang={each === 'zh' ? 'zh-CN' : each} aria-pressed={language.value === each}
          onClick={() => { language.value = each; }}>{languageName(each)}</button>
      ))}
    </div>
  );
}

/** A button and the sheet that it opens. */
export function Settings() {
  const sheet = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="quiet" aria-label={t('menu')} title={t('menu')} onClick={() => sheet.current?.showModal()}>
        <Icon name="settings" />
      </button>
      <dialog ref={sheet} class="sheet" aria-label={t('menu')}
        onClick={(event) => event.target === sheet.current && sheet.current?.close()}>
        <div class="stack">
          <h2>{t('menu')}</h2>
          {person.value && <p class="with-icon"><Icon name="person" />{person.value.name}</p>}
          <h3>{t('menu.language')}</h3>
          <LanguageSwitch />
          <Chips label={t('menu.zone')} of={zones} chosen={zone} text={(each) => t(`menu.zone.${each}` as Key)} />
          <Chips label={t('menu.theme')} of={themes} chosen={theme} text={(each) => t(`menu.theme.${each}` as Key)} />
          <div class="row">
            {person.value && <button type="button" onClick={() => void logout()}>{t('logout')}</button>}
            <button type="button" class="main" onClick={() => sheet.current?.close()}>{t('close')}</button>
          </div>
        </div>
      </dialog>
    </>
  );
}
