import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { open, settle } from '../test/page';
import * as sample from '../test/sample';

describe('about', () => {
  it('shows version, places and the privacy ledger', async () => {
    const fake = await open('about');
    expect(screen.getByRole('heading', { name: 'Claudometer 0.1.0' })).toBeTruthy();
    expect(screen.getByText('~/.config/claudometer/settings.json')).toBeTruthy();
    const rows = within(screen.getByRole('table')).getAllByRole('row');
    expect(rows).toHaveLength(4);
    expect(rows[1]?.textContent).toContain('Nobody');
    await fireEvent.click(screen.getByRole('button', { name: 'Open the folder' }));
    expect(fake.calls.at(-1)?.command).toBe('open_logs');
  });

  it('shows diagnostics before it copies them', async () => {
    const written = vi.fn(() => Promise.resolve());
    vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(written);
    await open('about');
    await fireEvent.click(screen.getByRole('button', { name: 'Copy diagnostics' }));
    await settle();
    const report = screen.getByLabelText('Report') as HTMLTextAreaElement;
    expect(report.value).toContain('rate_limited');
    expect(written).not.toHaveBeenCalled();
    await fireEvent.click(screen.getByRole('button', { name: 'Copy' }));
    await settle();
    expect(written).toHaveBeenCalledWith(report.value);
    expect(screen.getByText('Copied.')).toBeTruthy();
  });

  it('says why updates cannot be verified, in the words of the resident', async () => {
    const updatesRemark = 'This build has no key. Install a release.';
    const { about } = sample.settingsState();
    const settings = sample.settingsState({ about: { ...about, updatesRemark } });
    await open('about', sample.state({ settings }));
    expect(screen.getByText(`Updates: ${updatesRemark}`)).toBeTruthy();
  });

  it('looks for updates when it is asked to, and says what there is or why it could not', async () => {
    const fake = await open('about');
    const button = screen.getByRole('button', { name: 'Look for updates' });
    await fireEvent.click(button);
    await settle();
    expect(screen.getByText('Claudometer 0.1.0 is the newest there is.')).toBeTruthy();
    fake.failing.set('look_for_updates', { code: 'other', message: 'No connection could be made.', problems: [] });
    await fireEvent.click(button);
    await settle();
    expect(screen.getByText('No connection could be made.')).toBeTruthy();
    expect(screen.queryByText('Claudometer 0.1.0 is the newest there is.')).toBeNull();
  });

  it('offers a restart where a package has put another version in its place', async () => {
    const fake = await open('about', sample.state({ bundle: sample.bundle({ replacedBy: '0.2.0' }) }));
    expect(screen.getByRole('heading', { name: 'Claudometer 0.2.0 lies here already' })).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Restart to use it' }));
    expect(fake.calls.at(-1)?.command).toBe('restart');
  });

  it('tells of a newer release, and installs it where that is ours to do', async () => {
    const report = {
      schemaVersion: 1,
      running: '0.1.0',
      newest: '0.2.0',
      notes: 'Quicker.',
      page: 'https://example.test/v0.2.0',
      canInstall: true,
      remedy: null,
      command: null,
      installed: false,
    };
    const fake = await open('about', sample.state({ bundle: sample.bundle({ update: report }) }));
    expect(screen.getByRole('heading', { name: 'Claudometer 0.2.0 is there' })).toBeTruthy();
    expect(screen.getByText('Quicker.')).toBeTruthy();
    fake.failing.set('install_update', { code: 'other', message: 'There is no room for it.', problems: [] });
    await fireEvent.click(screen.getByRole('button', { name: 'Install and restart' }));
    await settle();
    expect(screen.getByText('There is no room for it.')).toBeTruthy();
    const update = { ...report, canInstall: false, command: 'sudo apt install ./claudometer_*.deb' };
    await fake.tell('snapshot:updated', fake.next({ update }));
    await settle();
    expect(screen.getByText('sudo apt install ./claudometer_*.deb')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Install and restart' })).toBeNull();
    const remedy = 'Move it into Applications, and open it there.';
    await fake.tell('snapshot:updated', fake.next({ update: { ...update, command: null, remedy } }));
    await settle();
    expect(screen.getByText(remedy, { exact: false })).toBeTruthy();
  });
});
