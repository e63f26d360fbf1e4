import { describe, expect, it } from 'vitest';
import type { CostViewRow } from './gen/wire';
import { lastDays, OTHERS, seriesOf, shadeOf, sharesOf, withNewer } from './history';

function row(parts: [string, number][]): CostViewRow {
  const of = ([model, dollars]: [string, number]) => ({ agent: 'Acme', model, cost: `$${dollars}`, dollars });
  return { key: '', label: '', place: '', tokens: '', cost: '', dollars: 0, parts: parts.map(of) };
}

describe('history', () => {
  it('counts days over the end of a month, with the last one last', () => {
    expect(lastDays(new Date(2026, 2, 2, 23, 59).getTime(), 3)).toEqual(['2026-02-28', '2026-03-01', '2026-03-02']);
  });

  it('puts newer days in the place of those that they tell again, also where a day has gone', () => {
    const day = (key: string, dollars: number) => ({ ...row([]), key, dollars });
    const year = [day('2026-09-01', 1), day('2026-09-14', 2), day('2026-09-15', 3)];
    expect(withNewer(year, [day('2026-09-15', 4)], '2026-09-14')).toEqual([day('2026-09-01', 1), day('2026-09-15', 4)]);
  });

  it('gives the dearest series a colour, and puts the rest together', () => {
    const rows = [
      row([
        ['a', 1],
        ['b', 9],
      ]),
      row([
        ['c', 5],
        ['d', 4],
        ['e', 3],
        ['f', 2],
        ['a', 1],
      ]),
    ];
    const series = seriesOf(rows, 'model');
    expect(series).toEqual(['b', 'c', 'd', 'e', 'a', OTHERS]);
    expect(sharesOf(rows[1], 'model', series)).toEqual([0, 5, 4, 3, 1, 2]);
    expect(sharesOf(rows[1], 'agent', seriesOf(rows, 'agent'))).toEqual([15]);
    expect(sharesOf(undefined, 'model', series)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('shades days by quarters, and a day without use not at all', () => {
    const all = [0, 1, 2, 3, 4];
    expect(all.map((dollars) => shadeOf(dollars, all))).toEqual([0, 1, 2, 3, 4]);
  });
});
