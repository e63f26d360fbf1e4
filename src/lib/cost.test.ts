import { describe, expect, it } from 'vitest';
import { amountOf, budgetsText, readAliases, readBudgets, readPlans, readPrices } from './cost';

describe('what is typed about cost', () => {
  it.each([
    ['50', '50'],
    [' 9.50 ', '9.50'],
    ['0', '0'],
    ['', null],
    ['-3', null],
    ['1,000', null],
    ['9,50', null],
    ['1e3', null],
    ['$5', null],
    ['1.2.3', null],
    ['9'.repeat(13), null],
  ])('takes %j for the amount %j', (text, amount) => {
    expect(amountOf(text)).toBe(amount);
  });

  it('reads budgets, and everywhere is no project', () => {
    const rows = [
      { per: 'week' as const, amount: '50', project: ' ' },
      { per: 'day' as const, amount: '10', project: ' shop ' },
    ];
    const { value, faults } = readBudgets(rows);
    expect(faults).toEqual([]);
    expect(value).toEqual([
      { per: 'week', amount: '50', project: null },
      { per: 'day', amount: '10', project: 'shop' },
    ]);
    expect(budgetsText(value, 'EUR')).toBe('50 EUR a week, 10 EUR a day in shop');
    expect(budgetsText([], 'EUR')).toBe('None');
  });

  it('names the field of each row that means nothing, and a second row about the same', () => {
    const row = { agent: 'acme', amount: '20' };
    const places = ({ faults }: { faults: { row: number; field: string }[] }) =>
      faults.map((fault) => `${fault.row}.${fault.field}`);
    expect(places(readPlans([row, { agent: 'acme', amount: 'x' }, { agent: '', amount: '1' }]))).toEqual([
      '1.agent',
      '2.agent',
      '1.amount',
    ]);
    const price = { model: 'm', input: '3', output: '', cacheRead: '', cacheWrite: 'much', cacheWriteHour: '' };
    expect(places(readPrices([price]))).toEqual(['0.output', '0.cacheWrite']);
    expect(places(readAliases([{ model: ' ', as: '' }]))).toEqual(['0.model', '0.as']);
  });

  it('leaves out prices that nobody typed', () => {
    const row = { model: ' m ', input: '3', output: '15', cacheRead: '', cacheWrite: ' 3.75 ', cacheWriteHour: '' };
    expect(readPrices([row]).value).toEqual({
      m: { input: '3', output: '15', cacheRead: null, cacheWrite: '3.75', cacheWriteHour: null },
    });
  });
});
