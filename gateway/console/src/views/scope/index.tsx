/** An oscilloscope's screen in the browser: docs/console.md. */
import { useEffect, useMemo } from 'preact/hooks';
import { Controls } from '../../components/controls';
import { Problem } from '../../components/problem';
import { RigBanners } from '../../components/rig-banners';
import { RigHeader } from '../../components/rig-header';
import { useRigAnnouncements } from '../../components/rig-announcements';
import { SeatActions } from '../../components/seat-actions';
import { StopBar } from '../../components/stop-bar';
import { TraceDetail } from 'lab.proto';
import { looking, lookAt, type LivePoint, type Rig } from '../../state/rig';
import { go } from '../../state/route';
import { sheet, type View } from '../on-demand';
import { instruments } from './instrument';
import { Channels, Head, Instruments, Knobs, Measurements, Presses, SpectrumReadout, Toolbar } from './panels';
import { Save } from './save';
import { Screen } from './screen';
import { ScopeState } from './state';
import { s } from './words';
import style from './scope.css?sheet';

/** Settings that the screen itself has are not offered twice. */
const OWN = /_(scale|offset|on|level|sweep)$|\.running$/;

function Scope({ rig }: { rig: Rig }) {
  const state = useMemo(() => new ScopeState(rig), [rig]);
  useEffect(() => () => state.close(), [state]);
  const names = instruments(rig).map(({ name }) => name);
  const instrument = state.instrument.value;
  if (!instrument) return <p>{s('none')}</p>;
  const ofScope = ({ point }: LivePoint) => point.name.startsWith(instrument.name + '.');
  return (
    <>
      <Instruments state={state} names={names} />
      <div class="scope">
        <div class="stack">
          <div class="stack tight">
            <Head state={state} />
            <Screen state={state} />
            {state.mode.value === 'spectrum' && <SpectrumReadout state={state} />}
            {state.live.detail.value === TraceDetail.COARSE && <p class="faint small" role="status">{s('coarse')}</p>}
          </div>
          <Problem error={state.live.ended.value} />
          <Toolbar state={state} />
          <Knobs state={state} />
          <Presses state={state} />
          <Measurements state={state} />
        </div>
        <div class="stack">
          <Channels state={state} />
          <Controls rig={rig} of={(live) => !ofScope(live)} />
          <details class="card">
            <summary>{s('more')}</summary>
            <Controls rig={rig} of={(live) => ofScope(live) && !OWN.test(live.point.name)} />
          </details>
          <Save state={state} />
        </div>
      </div>
    </>
  );
}

function ScopeView({ of }: { of: string }) {
  lookAt(of);
  const rig = looking.value!;
  const loaded = rig.detail.value !== undefined;
  useEffect(() => {
    if (loaded) rig.seat.resume();
  }, [rig, loaded]);
  useRigAnnouncements(rig);
  return (
    <main class="page wide stack with-stop-bar">
      <RigHeader rig={rig} back={() => go('rig', of)} />
      <RigBanners rig={rig} />
      <Problem error={rig.ended.value ?? rig.seat.refusal.value} />
      <SeatActions rig={rig} />
      {loaded && <Scope rig={rig} key={rig.name} />}
      <StopBar rig={rig} />
    </main>
  );
}

export async function load(): Promise<View> {
  await sheet(style);
  return ScopeView;
}
