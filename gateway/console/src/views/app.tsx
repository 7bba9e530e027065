import { useEffect } from 'preact/hooks';
import { Announcer } from '../components/announcer';
import { LineBanner } from '../components/line-banner';
import { t } from '../i18n';
import { person } from '../state/identity';
import { route } from '../state/route';
import { lookAt } from '../state/rig';
import { HomeView } from './home';
import { onDemand, type View } from './on-demand';
import { RigView } from './rig';
import { SignInView } from './sign-in';

/** What may stand after `#/`. A view more is a row more (docs/console.md). Only the first way into the laboratory comes with
 * the page; every other view is fetched when it is opened. */
const views: Record<string, View> = {
  '': HomeView,
  rig: RigView,
  projector: onDemand(() => import('./lesson').then(({ load }) => load()).then(({ View }) => View)),
  practice: onDemand(() => import('./practice').then(({ load }) => load())),
  report: onDemand(() => import('./report').then(({ load }) => load())),
  timetable: onDemand(() => import('./scheduler').then(({ load }) => load())),
  technician: onDemand(() => import('./technician').then(({ load }) => load())),
  scope: onDemand(() => import('./scope').then(({ load }) => load())),
};

/** Views of a rig, which have the emergency stop and the line's state at their foot. */
const ofRig = new Set(['rig', 'report', 'scope']);
/** These look at a rig as well, without them. */
const looksAtRig = new Set([...ofRig, 'projector']);

export function App() {
  const { view, of } = route.value;
  const View = views[view];
  const signedIn = person.value !== null;
  useEffect(() => {
    if (!signedIn || !looksAtRig.has(view)) lookAt('');
  }, [signedIn, view]);
  return (
    <>
      {!(signedIn && ofRig.has(view)) && <LineBanner />}
      {!signedIn ? <SignInView /> : View ? <View of={of} key={of} /> : <main class="page"><p>{t('not-found')}</p></main>}
      <Announcer />
    </>
  );
}
