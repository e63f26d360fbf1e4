import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { CostSettings } from '../lib/gen/wire';
import type { Fake } from '../test/ipc-fake';
import { lastArgs, open, settle } from '../test/page';
import * as sample from '../test/sample';

const press = async (name: string | RegExp) => {
  await fireEvent.click(screen.getByRole('button', { name }));
  await settle();
};
const row = (name: string) => within(screen.getByRole('group', { name }));
const type = async (control: HTMLElement, value: string) => {
  await fireEvent.input(control, { target: { value } });
  await settle();
};
const sent = (fake: Fake) =>
  (lastArgs(fake, 'save_settings') as { draft: { settings: { cost: CostSettings } } } | undefined)?.draft.settings.cost;

/** The window with these choices about cost in force. */
async function openWith(cost: Partial<CostSettings>): Promise<Fake> {
  const state = sample.settingsState();
  const settings = { ...state.settings, cost: { ...state.settings.cost, ...cost } };
  return open('cost', sample.state({ settings: { ...state, settings } }));
}

describe('cost', () => {
  it('sets a budget by keyboard: the new row has the focus, and the bar says what will change', async () => {
    const fake = await openWith({ currency: 'EUR', perDollar: '0.92' });
    await press('Add a budget');
    const budget = row('Budget 1');
    const amount = budget.getByLabelText('Amount in EUR');
    expect(document.activeElement).toBe(amount);
    await type(amount, '50');
    await fireEvent.change(budget.getByLabelText('In each'), { target: { value: 'week' } });
    await type(budget.getByLabelText('In folders with'), 'shop');
    expect(screen.getByRole('form').textContent).toContain('50 EUR a week in shop');
    await press('Save');
    expect(sent(fake)?.budgets).toEqual([{ per: 'week', amount: '50', project: 'shop' }]);
    expect(row('Budget 1').getByLabelText<HTMLInputElement>('Amount in EUR').value).toBe('50');
  });

  it('says at the field what cannot be read, sends nothing, and takes it back when it is mended', async () => {
    const fake = await openWith({});
    await press('Add a budget');
    await press('Save');
    expect(sent(fake)).toBeUndefined();
    const amount = row('Budget 1').getByLabelText('Amount in USD');
    expect(amount.getAttribute('aria-invalid')).toBe('true');
    const told = document.getElementById(amount.getAttribute('aria-describedby') ?? '');
    expect(told?.textContent).toBe('A number such as 50 or 9.50.');
    expect(screen.getByRole('link', { name: 'A number such as 50 or 9.50.' }).getAttribute('href')).toBe('#cost');
    await fireEvent.keyDown(document.body, { key: '4', ctrlKey: true });
    await settle();
    await fireEvent.click(screen.getByRole('link', { name: 'A number such as 50 or 9.50.' }));
    await settle();
    expect((document.activeElement as HTMLInputElement).name).toBe('cost.budgets.0.amount');
    const shown = row('Budget 1').getByLabelText('Amount in USD');
    await type(shown, '9.50');
    expect(shown.getAttribute('aria-invalid')).toBe('false');
    await press('Save');
    expect(sent(fake)?.budgets).toEqual([{ per: 'month', amount: '9.50', project: null }]);
  });

  it('shows what the resident refuses beside the row that it is about', async () => {
    const fake = await openWith({ budgets: [{ per: 'day', amount: '5', project: null }] });
    await press('Add a budget');
    await type(row('Budget 2').getByLabelText('Amount in USD'), '0');
    const message = 'A number above 0.';
    const problems = [{ field: 'cost.budgets.1.amount', message }];
    fake.failing.set('save_settings', { code: 'validation', message, problems });
    await press('Save');
    expect(row('Budget 2').getByText(message)).toBeTruthy();
    expect(row('Budget 1').queryByText(message)).toBeNull();
    await type(row('Budget 2').getByLabelText('Amount in USD'), '7');
    expect(screen.queryByText(message)).toBeNull();
  });

  it('keeps a half-typed row while another page is shown, and Cancel forgets it', async () => {
    const fake = await openWith({});
    const show = async (key: string) => {
      await fireEvent.keyDown(document.body, { key, ctrlKey: true });
      await settle();
    };
    await press('Add a budget');
    await type(row('Budget 1').getByLabelText('In folders with'), 'shop');
    await show('4');
    await show('5');
    expect(row('Budget 1').getByLabelText<HTMLInputElement>('In folders with').value).toBe('shop');
    await press('Save');
    expect(sent(fake)).toBeUndefined();
    await press('Cancel');
    expect(screen.queryByRole('group', { name: 'Budget 1' })).toBeNull();
    expect(screen.queryByRole('form')).toBeNull();
  });

  it('removes a row, says so, and leaves nothing behind of what was wrong with it', async () => {
    const fake = await openWith({ budgets: [{ per: 'day', amount: '5', project: null }] });
    await press('Add a budget');
    await press('Save');
    await press('Remove budget 2');
    expect(screen.queryByText('A number such as 50 or 9.50.')).toBeNull();
    expect(screen.getByText('Budget 2 was removed, 1 left.')).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Add a budget' }));
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    await press('Remove budget 1');
    await press('Save');
    expect(sent(fake)?.budgets).toEqual([]);
  });

  it('sets what plans cost, also of an assistant that only an import knows', async () => {
    const fake = await openWith({ plans: { hermes: '12' } });
    expect(row('Plan 1').getByLabelText<HTMLSelectElement>('Assistant').selectedOptions[0]?.textContent).toBe('hermes');
    await press('Add a plan');
    await fireEvent.change(row('Plan 2').getByLabelText('Assistant'), { target: { value: 'acme' } });
    await type(row('Plan 2').getByLabelText('US dollars a month'), '100');
    expect(screen.getByRole('form').textContent).toContain('Acme Code 100 USD a month');
    await press('Save');
    expect(sent(fake)?.plans).toEqual({ hermes: '12', acme: '100' });
  });

  it('sets own prices and other names of models', async () => {
    const fake = await openWith({});
    await press('Add a price');
    const price = row('Price 1');
    await type(price.getByLabelText('Model'), 'in-house-4');
    await type(price.getByLabelText('Input'), '3');
    await type(price.getByLabelText('Output'), '15');
    await press('Add a name');
    await type(row('Name 1').getByLabelText('Model'), 'acme-next');
    await type(row('Name 1').getByLabelText('Is priced as'), 'acme-large-4');
    await press('Save');
    expect(sent(fake)).toMatchObject({
      prices: { 'in-house-4': { input: '3', output: '15', cacheRead: null } },
      aliases: { 'acme-next': 'acme-large-4' },
    });
  });

  it('sets the currency, the list of prices, and what other machines are told', async () => {
    const fake = await openWith({});
    await type(screen.getByLabelText('Shown in'), 'eur');
    await type(screen.getByLabelText('A US dollar is'), '0.92');
    await fireEvent.change(screen.getByLabelText('Cost is'), { target: { selectedIndex: 1 } });
    await fireEvent.click(screen.getByLabelText('Fetch the price list each day'));
    await fireEvent.click(screen.getByLabelText("Today's use"));
    await type(screen.getByLabelText('Its name'), 'desk');
    await type(screen.getByLabelText('Shared folder'), '~/Sync/usage');
    await press('Save');
    expect(sent(fake)).toMatchObject({
      currency: 'EUR',
      perDollar: '0.92',
      mode: 'calculate',
      refreshPrices: true,
      showToday: false,
      device: 'desk',
      syncFolder: '~/Sync/usage',
    });
  });

  it('finds no change where nothing was typed, in whatever order the resident writes keys', async () => {
    await openWith({
      budgets: [{ amount: '5', per: 'day', project: 'shop' }],
      plans: { borealis: '9.5', acme: '20' },
      prices: { m: { cacheRead: null, cacheWrite: '3.75', cacheWriteHour: null, input: '3', output: '15' } },
      aliases: { a: 'b' },
    });
    expect(screen.queryByRole('form')).toBeNull();
  });
});
