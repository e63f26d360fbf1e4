import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { Draft } from '../lib/gen/wire';
import { lastArgs, open, settle } from '../test/page';
import * as sample from '../test/sample';

const acme = () => within(screen.getByRole('region', { name: 'Acme' }));
const key = () => acme().getByLabelText('Session key') as HTMLInputElement;
const save = async () => {
  await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  await settle();
};
const chooseOff = async () => {
  await fireEvent.change(acme().getByLabelText('Follow'), { target: { selectedIndex: 2 } });
  await settle();
};

describe('providers', () => {
  it('shows what was found, the sources in their order, and how to sign in', async () => {
    await open('providers');
    expect(acme().getByText('~/.acme/credentials.json')).toBeTruthy();
    for (const label of ['Status line', 'Acme login', 'Web session']) expect(acme().getByLabelText(label)).toBeTruthy();
    expect(within(screen.getByRole('region', { name: 'Borealis' })).getByText('borealis login')).toBeTruthy();
  });

  it('sends the whole draft with Save, and only entries that say something', async () => {
    const fake = await open('providers');
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await chooseOff();
    await fireEvent.click(acme().getByLabelText('Acme login'));
    const asked = acme().getByLabelText('Web session') as HTMLInputElement;
    expect(asked.checked).toBe(false);
    await fireEvent.click(asked);
    await settle();
    const bar = within(screen.getByRole('form', { name: 'Unsaved changes' }));
    expect(bar.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      'Acme: Off',
      'Acme, Acme login: Off',
      'Acme, Web session: On',
    ]);
    await save();
    const { draft } = lastArgs(fake, 'save_settings') as { draft: Draft };
    expect(Object.keys(draft.settings.providers)).toEqual(['acme']);
    expect(draft.settings.providers.acme).toMatchObject({
      enabled: false,
      sourcesOff: ['oauth'],
      sourcesOn: ['web'],
    });
    expect(draft.secrets).toEqual([]);
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
  });

  it('reverts everything with Cancel, typed secrets too', async () => {
    const fake = await open('providers');
    await chooseOff();
    await fireEvent.input(key(), { target: { value: 'sk-typed' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await settle();
    expect((acme().getByLabelText('Follow') as HTMLSelectElement).selectedIndex).toBe(0);
    expect(key().value).toBe('');
    expect(lastArgs(fake, 'save_settings')).toBeUndefined();
  });

  it('sends a typed secret once and clears it', async () => {
    const fake = await open('providers');
    expect(key().type).toBe('password');
    await fireEvent.input(key(), { target: { value: 'sk-typed' } });
    await save();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { secrets: [{ provider: 'acme', field: 'session', value: 'sk-typed' }] },
    });
    expect(key().value).toBe('');
    expect(document.body.innerHTML).not.toContain('sk-typed');
    await chooseOff();
    await save();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({ draft: { secrets: [] } });
  });

  it('puts a refusal at its field and keeps the draft', async () => {
    const fake = await open('providers');
    const message = 'Acme refused the key. Copy it again from the browser.';
    fake.failing.set('save_settings', {
      code: 'unauthorized',
      message,
      problems: [{ field: 'providers.acme.session', message }],
    });
    await fireEvent.input(key(), { target: { value: 'sk-bad' } });
    await save();
    expect(key().getAttribute('aria-invalid')).toBe('true');
    const described = document.getElementById(key().getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toContain(message);
    expect(key().value).toBe('sk-bad');
    fake.failing.clear();
    await save();
    expect(key().getAttribute('aria-invalid')).toBe('false');
  });

  it('without a keychain, remember is off with the reason, and a typed secret is not to be remembered', async () => {
    const reason = 'No keychain service answers.';
    const settings = sample.settingsState({ keyring: { available: false, reason } });
    const fake = await open('providers', sample.state({ settings }));
    const remember = acme().getByLabelText('Remember') as HTMLInputElement;
    expect(remember.disabled).toBe(true);
    expect(remember.checked).toBe(false);
    expect(acme().getByText(reason, { exact: false })).toBeTruthy();
    await fireEvent.input(key(), { target: { value: 'sk-typed' } });
    await save();
    const { draft } = lastArgs(fake, 'save_settings') as { draft: Draft };
    expect(draft.settings.providers.acme?.rememberSecret).toBe(false);
  });

  it('forgets a kept secret', async () => {
    const secrets = [{ field: 'session', label: 'Session key', help: '', present: true, remembered: true }];
    const settings = sample.settingsState({ providers: [sample.provider({ secrets })] });
    const fake = await open('providers', sample.state({ settings }));
    await fireEvent.click(acme().getByRole('button', { name: 'Forget Session key' }));
    await settle();
    expect(lastArgs(fake, 'forget_secret')).toEqual({ provider: 'acme', field: 'session' });
    expect(acme().queryByRole('button', { name: 'Forget Session key' })).toBeNull();
  });

  it('installs the bridge, shows the command that is passed on to, and removes it; edits stay', async () => {
    const fake = await open('providers');
    await chooseOff();
    await fireEvent.click(acme().getByRole('button', { name: /Install/ }));
    await settle();
    expect(lastArgs(fake, 'set_bridge')).toEqual({ provider: 'acme', installed: true });
    expect(acme().getByText('acme-line --short')).toBeTruthy();
    expect((acme().getByLabelText('Follow') as HTMLSelectElement).selectedIndex).toBe(2);
    await fireEvent.click(acme().getByRole('button', { name: /Remove/ }));
    expect(lastArgs(fake, 'set_bridge')).toEqual({ provider: 'acme', installed: false });
  });

  it('offers organisations only where there is a choice', async () => {
    const organizations = [
      { id: 'o1', name: 'Dana' },
      { id: 'o2', name: 'Example Inc.' },
    ];
    const settings = sample.settingsState({ providers: [sample.provider({ organizations })] });
    const fake = await open('providers', sample.state({ settings }));
    await fireEvent.change(acme().getByLabelText('Organisation'), { target: { selectedIndex: 2 } });
    await save();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { settings: { providers: { acme: { organization: 'o2' } } } },
    });
    expect(screen.queryAllByLabelText('Organisation')).toHaveLength(1);
  });

  it('shows what is here, folds the rest, and finds one by its name', async () => {
    const many = Array.from({ length: 12 }, (_, nth) =>
      sample.provider({ id: `other-${nth}`, name: `Other ${nth}`, active: false, found: [], bridge: null }),
    );
    const state = sample.state();
    state.settings.providers.push(...many);
    await open('providers', state);
    expect(acme().getByLabelText('Session key')).toBeTruthy();
    const other = () => within(screen.getByRole('region', { name: 'Other 7' }));
    expect(other().queryByLabelText('Session key')).toBeNull();
    await fireEvent.click(other().getByRole('button', { name: 'Set up' }));
    await settle();
    expect(other().getByLabelText('Session key')).toBeTruthy();
    await fireEvent.input(screen.getByLabelText('Find an assistant'), { target: { value: 'other 3' } });
    await settle();
    expect(screen.queryByRole('region', { name: 'Acme' })).toBeNull();
    const found = within(screen.getByRole('region', { name: 'Other 3' }));
    expect(found.getByLabelText('Session key')).toBeTruthy();
    expect(screen.getByText('1 found')).toBeTruthy();
  });

  it('takes further folders line by line, and refuses what is none', async () => {
    const fake = await open('providers');
    const field = acme().getByLabelText('Further folders');
    await fireEvent.input(field, { target: { value: 'work' } });
    await save();
    expect(lastArgs(fake, 'save_settings')).toBeUndefined();
    expect(screen.getAllByText(/Folders that begin with/).length).toBeGreaterThan(0);
    await fireEvent.input(field, { target: { value: '~/.acme-work\n\n /data/acme ' } });
    await save();
    const { draft } = lastArgs(fake, 'save_settings') as { draft: Draft };
    expect(draft.settings.providers.acme?.homes).toEqual(['~/.acme-work', '/data/acme']);
  });
});
