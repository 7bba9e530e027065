/** The technician's view: rigs with their health, the audit trail, the configuration. */
import { useEffect } from 'preact/hooks';
import type { FunctionComponent } from 'preact';
import { Icon } from '../../components/icon';
import { Settings } from '../../components/settings';
import { t } from '../../i18n';
import { isTechnician } from '../../state/identity';
import { go } from '../../state/route';
import { sheet, type View } from '../on-demand';
import { AuditTab } from './audit';
import { ConfigurationTab } from './configuration';
import { RigsTab } from './rigs';
import { askConfiguration, configuration, follow } from './state';
import style from './technician.css?sheet';
import { w } from './words';

const tabs = [
  { of: '', text: 'tab.rigs', Tab: RigsTab },
  { of: 'audit', text: 'tab.audit', Tab: AuditTab },
  { of: 'configuration', text: 'tab.configuration', Tab: ConfigurationTab },
] as const satisfies readonly { of: string; text: string; Tab: FunctionComponent }[];

function TechnicianView({ of }: { of: string }) {
  const { Tab } = tabs.find((each) => each.of === of) ?? tabs[0];
  useEffect(() => {
    if (!isTechnician()) return undefined;
    if (!configuration.peek()) askConfiguration().catch(() => {}); // its tab says why not
    return follow();
  }, []);
  return (
    <main class="page wide stack technician">
      <header class="row spread">
        <button type="button" class="quiet" aria-label={t('back')} title={t('back')} onClick={() => go('')}><Icon name="back" /></button>
        <h1 class="grow">{w('title')}</h1>
        <Settings />
      </header>
      {isTechnician() ? (
        <>
          <nav class="chips" aria-label={w('tabs')}>
            {tabs.map((each) => (
              <a href={`#/technician/${each.of}`} key={each.of} aria-current={each.Tab === Tab ? 'page' : undefined}>{w(each.text)}</a>
            ))}
          </nav>
          <Tab />
        </>
      ) : <p>{w('only')}</p>}
    </main>
  );
}

export async function load(): Promise<View> {
  await sheet(style);
  return TechnicianView;
}
