import { useSignal } from '@preact/signals';
import { LanguageSwitch } from '../components/settings';
import { Problem } from '../components/problem';
import { t } from '../i18n';
import { endedBecause, login, loginWithCode } from '../state/identity';

function field(event: SubmitEvent, name: string): string {
  return String(new FormData(event.target as HTMLFormElement).get(name) ?? '');
}

export function SignInView() {
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const submit = (act: (event: SubmitEvent) => Promise<void>) => async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      await act(event);
    } catch (refusal) {
      error.value = refusal;
    }
    busy.value = false;
  };
  return (
    <main class="page narrow stack">
      <div class="row spread"><h1>labgate</h1><LanguageSwitch /></div>
      {endedBecause.value && <p role="status">{t('login.ended')}</p>}
      <form class="card stack" onSubmit={submit((event) => login(field(event, 'name'), field(event, 'password')))}>
        <h2>{t('login.title')}</h2>
        <label>{t('login.name')}<input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required /></label>
        <label>{t('login.password')}<input name="password" type="password" autocomplete="current-password" required /></label>
        <Problem error={error.value} />
        <button class="main" disabled={busy.value}>{t(busy.value ? 'busy' : 'login.go')}</button>
      </form>
      <form class="card stack" onSubmit={submit((event) => loginWithCode(field(event, 'code').trim()))}>
        <h2>{t('login.code.title')}</h2>
        <label>{t('login.code')}<input name="code" autocomplete="off" autocapitalize="none" spellcheck={false} required /></label>
        <button disabled={busy.value}>{t(busy.value ? 'busy' : 'login.code.go')}</button>
      </form>
    </main>
  );
}
