import { fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { lastArgs, open, settle } from '../test/page';
import * as sample from '../test/sample';

describe('general', () => {
  it('shows the theme at once, saves it with the rest, and reverts it with Cancel', async () => {
    const fake = await open('general');
    const colours = screen.getByLabelText('Colours');
    await fireEvent.change(colours, { target: { selectedIndex: 2 } });
    await settle();
    expect(document.documentElement.dataset.theme).toBe('dark');
    await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await settle();
    expect(document.documentElement.dataset.theme).toBeUndefined();
    await fireEvent.change(screen.getByLabelText('Colours'), { target: { selectedIndex: 1 } });
    await fireEvent.click(screen.getByLabelText('Start at login'));
    await fireEvent.input(screen.getByLabelText('Locale of dates'), { target: { value: 'de_AT' } });
    await settle();
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await settle();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { settings: { theme: 'light', startAtLogin: true, locale: 'de_AT' } },
    });
    expect(document.documentElement.dataset.theme).toBe('light');
  });

  it('says how often updates are looked for, and which releases are offered', async () => {
    const fake = await open('general');
    await fireEvent.click(screen.getByLabelText('Look for updates daily'));
    await fireEvent.change(screen.getByLabelText('Releases'), { target: { selectedIndex: 1 } });
    await settle();
    expect(screen.getByText('Look for updates daily:')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await settle();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { settings: { checkUpdatesOnStartup: false, updates: { channel: 'beta' } } },
    });
  });

  it('says at the switch why updates cannot be verified', async () => {
    const { about } = sample.settingsState();
    const settings = sample.settingsState({ about: { ...about, updatesRemark: 'This build has no key.' } });
    await open('general', sample.state({ settings }));
    expect(screen.getByText('This build has no key.')).toBeTruthy();
  });

  it('keeps an interval that is not among the common ones, and says what overrides a choice', async () => {
    const state = sample.settingsState({ overridden: [['refreshIntervalSeconds', 'CLAUDOMETER_REFRESH']] });
    const settings = { ...state, settings: { ...state.settings, refreshIntervalSeconds: 90 } };
    await open('general', sample.state({ settings }));
    const select = screen.getByLabelText('Refresh') as HTMLSelectElement;
    expect(select.selectedOptions[0]?.textContent).toBe('Every 90 seconds');
    expect(screen.getByText('CLAUDOMETER_REFRESH decides this now', { exact: false })).toBeTruthy();
  });

  it('says when the settings file was damaged', async () => {
    const fileRemark = 'The settings file was damaged and set aside.';
    await open('general', sample.state({ settings: sample.settingsState({ fileRemark }) }));
    expect(screen.getByText(fileRemark)).toBeTruthy();
  });
});
