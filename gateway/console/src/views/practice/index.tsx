/** The way to a simulator: at once, or after those who came before. */
import { useSignal } from '@preact/signals';
import type { PracticeState } from 'lab.proto';
import { useEffect } from 'preact/hooks';
import { Icon } from '../../components/icon';
import { Problem } from '../../components/problem';
import { Settings } from '../../components/settings';
import { t, titleOf } from '../../i18n';
import { bus } from '../../state/bus';
import { rigs } from '../../state/lab';
import { go } from '../../state/route';
import type { View } from '../on-demand';
import { p } from './words';

const EVERY = 2_000; // ms; who is silent for 30 s gives the place up

function PracticeView({ of }: { of: string }) {
  const state = useSignal<PracticeState | undefined>(undefined);
  const refused = useSignal<unknown>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const ask = async () => {
      try {
        const { practice } = await bus.ask({ practice: { rig: of } });
        if (gone) return;
        if (practice!.rig) go('rig', practice!.rig);
        state.value = practice;
        timer = setTimeout(() => void ask(), EVERY);
      } catch (error) {
        refused.value = error;
      }
    };
    void ask();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [of]);
  const rig = rigs.value.find(({ name }) => name === of);
  const leave = () => {
    void bus.ask({ practice: { rig: of, leave: true } }).catch(() => {});
    go('');
  };
  return (
    <main class="page narrow stack">
      <header class="row spread">
        <button type="button" class="quiet" aria-label={t('back')} title={t('back')} onClick={leave}><Icon name="back" /></button>
        <h1 class="grow">{p('title')}</h1><Settings />
      </header>
      <p class="banner simulated"><Icon name="eye" /><span class="grow">{p('what', { rig: rig ? titleOf(rig) : of })}</span></p>
      <Problem error={refused.value} />
      {!refused.value && <section class="card stack">
        <p role="status" class="large">{state.value?.place ? p('waiting', { count: state.value.at_most, place: state.value.place }) : p('asking')}</p>
        {state.value && state.value.place > 0 && <p class="faint">{p('turn')}</p>}
        <button type="button" onClick={leave}>{p('leave')}</button>
      </section>}
    </main>
  );
}

export async function load(): Promise<View> {
  return PracticeView;
}
