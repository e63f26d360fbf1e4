import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { open, settle } from '../test/page';

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
});
