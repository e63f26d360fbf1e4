import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import type { CostQuery } from '../lib/gen/wire';
import { Fake } from '../test/ipc-fake';
import { lastArgs, open, openWith, settle } from '../test/page';
import * as sample from '../test/sample';

describe('history', () => {
  it('shows the total, bars and the table that says the same', async () => {
    await open('history');
    expect(screen.getByText('$12.30 · 45.1 M tokens')).toBeTruthy();
    const bars = screen.getByRole('img', { name: /Cost by day. Most on Tue 15: \$9.30/ });
    expect(bars.querySelectorAll('.slot')).toHaveLength(30);
    const table = within(screen.getByRole('region', { name: 'Cost by day' })).getByRole('table');
    expect(
      within(table)
        .getAllByRole('row')
        .map((row) => [...row.children].map((cell) => cell.textContent?.trim()).join(' | ')),
    ).toEqual(['Day | Tokens | Cost', 'Tue 15 | 40.0 M | $9.30', 'Mon 14 | 5.1 M | $3.00']);
    expect(within(screen.getByRole('list', { name: 'Models' })).getAllByRole('listitem')).toHaveLength(2);
    expect(screen.getByRole('img', { name: /The last year/ })).toBeTruthy();
  });

  it('asks for another range, and splits by assistant without asking again', async () => {
    const fake = await open('history');
    const asked = () => fake.calls.filter(({ command }) => command === 'get_cost').length;
    await fireEvent.change(screen.getByLabelText('Range'), { target: { value: '7' } });
    await settle();
    expect(screen.getByRole('heading', { name: 'Last 7 days' })).toBeTruthy();
    const before = asked();
    await fireEvent.change(screen.getByLabelText('By'), { target: { value: 'agent' } });
    await settle();
    expect(asked()).toBe(before);
    expect(screen.getByRole('list', { name: 'Assistants' }).textContent).toContain('Acme');
  });

  it('looks into a day by keyboard', async () => {
    const fake = await open('history');
    await fireEvent.click(screen.getByRole('button', { name: 'Mon 14' }));
    await settle();
    expect(lastArgs(fake, 'get_cost')).toEqual({
      query: { by: 'session', since: '2026-09-14', until: '2026-09-14', hour: null, limit: 50 },
    });
    const sessions = screen.getByRole('region', { name: 'Cost by session' });
    expect(sessions.textContent).toContain('~/work/shop');
    expect(screen.getByRole('button', { name: 'Mon 14' }).getAttribute('aria-pressed')).toBe('true');
    await fireEvent.click(screen.getByRole('button', { name: 'Mon 17:00' }));
    await settle();
    expect(lastArgs(fake, 'get_cost')).toEqual({
      query: { by: 'session', since: '2026-09-14', until: '2026-09-14', hour: 17, limit: 50 },
    });
    expect(screen.getByRole('heading', { name: 'Sessions of Mon 17:00' })).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Mon 14' }));
    await settle();
    expect(screen.queryByRole('region', { name: 'Cost by hour' })).toBeNull();
  });

  it('draws each limit from one reset to the next, with words and a table that say the same', async () => {
    const fake = await open('history');
    const charts = screen.getAllByRole('img', { name: sample.card().meters[0]?.sentence ?? '' });
    expect(charts[0]?.querySelector('.line')?.getAttribute('d')).toMatch(/^M0\.0 120\.0L/);
    expect(charts[0]?.querySelector('.even')?.getAttribute('d')).toBe('M0.0 120.0L360.0 0.0');
    expect(screen.getAllByRole('table', { name: /Acme/ })[0]?.textContent).toContain('Tue 15 Sep');
    const asked = () => fake.calls.filter(({ command }) => command === 'get_limits').length;
    const before = asked();
    await fake.tell('snapshot:updated', fake.next({}));
    await settle();
    expect(asked()).toBe(before);
    const burnt = sample.card({ meters: [sample.meter({ used: 38 })] });
    await fake.tell('snapshot:updated', fake.next({ cards: [burnt] }));
    await settle();
    expect(asked()).toBe(before + 1);
  });

  it('shows what is new as soon as an assistant has used something, then at most once a minute, and leaves the rest as it is', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-09-15T12:00:00'));
    const fake = await open('history');
    await fireEvent.click(screen.getByRole('button', { name: 'Mon 14' }));
    await settle();
    const asked = () => {
      const queries = fake.calls.filter(({ command }) => command === 'get_cost').map(({ args }) => args);
      return (queries as { query: CostQuery }[]).map(({ query }) => `${query.by} ${query.since}`);
    };
    const opened = asked().length;
    await fake.tell('snapshot:updated', fake.next({}));
    await settle();
    expect(asked()).toHaveLength(opened);
    const use = async (value: string) => {
      const used = sample.card({ lines: [{ label: 'Today', value }] });
      await fake.tell('snapshot:updated', fake.next({ cards: [used] }));
      await settle();
    };
    await use('2.0 M tokens');
    // Neither the year nor a day that is over is asked for again.
    expect(asked().slice(opened)).toEqual(['day 2026-08-17', 'project 2026-08-17']);
    await use('2.1 M tokens');
    expect(asked()).toHaveLength(opened + 2);
    vi.mocked(Date.now).mockReturnValue(Date.parse('2026-09-15T12:01:00'));
    await use('2.2 M tokens');
    expect(asked()).toHaveLength(opened + 4);
    expect(screen.getByRole('button', { name: 'Mon 14' }).getAttribute('aria-pressed')).toBe('true');
    vi.restoreAllMocks();
  });

  it('says that nothing was used, and why the history cannot be read', async () => {
    const fake = new Fake();
    fake.cost = () => sample.cost({ rows: [], total: 'nothing was used' });
    await openWith(fake, 'history');
    expect(screen.getByText(/No use was found/)).toBeTruthy();
    fake.failing.set('get_cost', { code: 'other', message: 'There is no space left for the history.', problems: [] });
    await fireEvent.change(screen.getByLabelText('Range'), { target: { value: '90' } });
    await settle();
    expect(screen.getByText('There is no space left for the history.')).toBeTruthy();
  });
});
