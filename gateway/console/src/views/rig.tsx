import { useEffect } from 'preact/hooks';
import { Controls } from '../components/controls';
import { CurvePanel } from '../components/curve-panel';
import { Interlocks } from '../components/interlocks';
import { LastSeen, useLastSeen } from '../components/last-seen';
import { isLive } from '../components/line-banner';
import { LessonPanel } from '../components/lesson-panel';
import { News } from '../components/news';
import { People } from '../components/people';
import { Problem } from '../components/problem';
import { RigBanners } from '../components/rig-banners';
import { RigHeader } from '../components/rig-header';
import { SeatActions } from '../components/seat-actions';
import { StopBar } from '../components/stop-bar';
import { Plate, States, Values } from '../components/values';
import { t } from '../i18n';
import { followBookings } from '../state/lab';
import { looking, lookAt, type Rig } from '../state/rig';
import { go } from '../state/route';
import { useRigAnnouncements } from '../components/rig-announcements';

function Panels({ rig }: { rig: Rig }) {
  return (
    <div class={`panels ${isLive() ? '' : 'not-live'}`}>
      <div class="seen stack">
        <div class="row">
          {rig.detail.value!.waveforms.length > 0 && <button type="button" class="main grow" onClick={() => go('scope', rig.name)}>{t('rig.scope')}</button>}
          <button type="button" class="grow" onClick={() => go('report', rig.name)}>{t('rig.report')}</button>
        </div>
        <Values rig={rig} />
      </div>
      <div class="pressed"><Controls rig={rig} /></div>
      <div class="drawn"><CurvePanel rig={rig} /></div>
      <div class="beside stack">
        <LessonPanel rig={rig} />
        <Interlocks rig={rig} />
        <People rig={rig} />
        <States rig={rig} />
        <Plate rig={rig} />
      </div>
    </div>
  );
}

export function RigView({ of }: { of: string }) {
  lookAt(of);
  const rig = looking.value!;
  const loaded = rig.detail.value !== undefined;
  useEffect(() => followBookings(), [of]); // this person's bookings: the code for spectators, and when the session ends
  useEffect(() => {
    if (!loaded) return;
    if (rig.detail.peek()?.rig?.practice_of) void rig.seat.join(true); // it is this person's own
    else rig.seat.resume();
  }, [rig, loaded]);
  useRigAnnouncements(rig);
  useLastSeen(rig);
  return (
    <main class={`page wide stack with-stop-bar ${rig.detail.value?.rig?.practice_of ? 'simulation' : ''}`}>
      <RigHeader rig={rig} />
      <RigBanners rig={rig} />
      <Problem error={rig.ended.value ?? rig.seat.refusal.value} />
      <SeatActions rig={rig} />
      <News />
      {loaded ? <Panels rig={rig} /> : <LastSeen rig={rig} />}
      <StopBar rig={rig} />
    </main>
  );
}
