/** The configuration that runs. It is changed on the gateway's own machine: the commands stand here. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../../components/icon';
import { Problem } from '../../components/problem';
import { moment } from '../../format/time';
import { now } from '../../state/ticker';
import { Command } from './deeds';
import { askConfiguration, configuration, labctl, labgate } from './state';
import { Table } from './table';
import { w } from './words';

function Runs() {
  const runs = configuration.value!;
  return (
    <section class="card stack">
      <h2>{w('config.runs')}</h2>
      <dl class="facts-list">
        <dt>{w('config.directory')}</dt><dd><code>{runs.directory}</code></dd>
        <dt>{w('config.digest')}</dt><dd><code>{runs.digest}</code></dd>
        <dt>{w('config.since')}</dt><dd>{moment(runs.started, now.value)}</dd>
        <dt>{w('config.version')}</dt><dd>{runs.version}</dd>
        <dt>{w('config.has')}</dt>
        <dd>{w('config.counts', { rigs: runs.rigs.length, links: runs.links, instruments: runs.instruments, points: runs.points, rules: runs.rules })}</dd>
      </dl>
      <p class="small faint">{w('config.digest.what')}</p>
    </section>
  );
}

function Remarks() {
  const { remarks } = configuration.value!;
  return (
    <section class="card stack">
      <h2>{w('config.remarks')}</h2>
      {!remarks.length && <p class="with-icon"><Icon name="check" />{w('config.remarks.none')}</p>}
      <ul class="lines remarks">
        {remarks.map(({ file, line, column, text }) => (
          <li key={`${file}:${line}:${column} ${text}`}><div><code>{file}:{line}:{column}</code>{text}</div></li>
        ))}
      </ul>
    </section>
  );
}

function Change() {
  return (
    <section class="card stack">
      <h2>{w('config.change')}</h2>
      <p>{w('config.change.what')}</p>
      <Command what={w('do.check')} command={labgate('check')} />
      <Command what={w('do.plan')} command={labgate('plan')} />
      <Command what={w('do.reload')} command={labctl('reload')} />
      <Command what={w('do.restart')} command="systemctl restart labgate" />
      <h3>{w('here')}</h3>
      <Command what={w('do.account')} command={labctl('account', 'add', 'NAME', '--role', 'student')} />
      <Command what={w('do.verify')} command={labctl('audit', 'verify')} />
      <Command what={w('do.backup')} command={labctl('backup', 'FILE')} />
    </section>
  );
}

export function ConfigurationTab() {
  const error = useSignal<unknown>(undefined);
  useEffect(() => { askConfiguration().catch((refusal: unknown) => { error.value = refusal; }); }, []);
  if (error.value) return <Problem error={error.value} />;
  if (!configuration.value) return <p role="status">{w('comes')}</p>;
  return (
    <div class="cards">
      <Runs />
      <Change />
      <Remarks />
      <section class="card stack">
        <h2>{w('config.rigs')}</h2>
        <p class="small faint">{w('config.rigs.what')}</p>
        <Table label={w('config.rigs')} head={[w('audit.rig'), w('config.digest')]} rows={configuration.value.rigs.map(({ name, fingerprint }) => [name, fingerprint])} />
      </section>
    </div>
  );
}
