import { fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import { lastArgs, open, settle } from '../test/page';

const save = async () => {
  await fireEvent.click(screen.getByRole('button', { name: 'Save' }));
  await settle();
};

describe('alerts', () => {
  it('sets thresholds for all windows, and others for a kind', async () => {
    const fake = await open('alerts');
    await fireEvent.input(screen.getByLabelText('Warn at: percents used'), { target: { value: '90, 50' } });
    await fireEvent.change(screen.getByLabelText('Weekly windows'), { target: { selectedIndex: 2 } });
    await settle();
    await save();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { settings: { alerts: { thresholds: [50, 90], thresholdsByKind: { weekly: [] } } } },
    });
  });

  it('does not send what it cannot read, and says so at the field', async () => {
    const fake = await open('alerts');
    const list = screen.getByLabelText('Warn at: percents used');
    await fireEvent.input(list, { target: { value: 'soon' } });
    await save();
    expect(lastArgs(fake, 'save_settings')).toBeUndefined();
    expect(list.getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByRole('alert').textContent).toContain('Whole percents from 1 to 100');
    await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await settle();
    expect((screen.getByLabelText('Warn at: percents used') as HTMLInputElement).value).toBe('80, 95');
  });

  it('sets quiet hours', async () => {
    const fake = await open('alerts');
    await fireEvent.click(screen.getByLabelText('Quiet hours'));
    await settle();
    await fireEvent.input(screen.getByLabelText('Quiet until'), { target: { value: '06:30' } });
    await save();
    expect(lastArgs(fake, 'save_settings')).toMatchObject({
      draft: { settings: { alerts: { quietHours: { from: '22:00', to: '06:30' } } } },
    });
  });

  it('sends a test, and says why when that fails', async () => {
    const fake = await open('alerts');
    const press = async () => {
      await fireEvent.click(screen.getByRole('button', { name: /Send a test/ }));
      await settle();
    };
    await press();
    expect(screen.getByText('Sent.', { exact: false })).toBeTruthy();
    fake.failing.set('test_alert', { code: 'other', message: 'No notification service answers.', problems: [] });
    await press();
    expect(screen.getByRole('alert').textContent).toContain('No notification service answers.');
  });
});
