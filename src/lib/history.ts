/** Days and series of the history's charts. */
import type { CostViewRow } from './gen/wire';

/** What bars are split by. */
export type Split = 'model' | 'agent';

/** Series with a colour of their own; the rest is drawn together. */
const MOST_SERIES = 5;
export const OTHERS = 'Others';

/** A day of a date as the resident writes it. */
export function dayOf(date: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The last `count` days up to the one of a time, in order. */
export function lastDays(now: number, count: number): string[] {
  const last = new Date(now);
  const at = (back: number) => dayOf(new Date(last.getFullYear(), last.getMonth(), last.getDate() - back));
  return Array.from({ length: count }, (_, index) => at(count - 1 - index));
}

/** Rows of days, with newer ones in place of those from a day on. */
export function withNewer(rows: CostViewRow[], newer: CostViewRow[], since: string): CostViewRow[] {
  return [...rows.filter(({ key }) => key < since), ...newer];
}

/** The hours of a day, as the resident calls them. */
export function hoursOf(day: string): string[] {
  return Array.from({ length: 24 }, (_, hour) => `${day} ${String(hour).padStart(2, '0')}:00`);
}

/** A line through points, for SVG; empty where there is nothing to draw. */
export function pathOf(points: [number, number][]): string {
  if (points.length < 2) return '';
  return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** The dearest series by name, then `Others` where there are more. */
export function seriesOf(rows: CostViewRow[], split: Split): string[] {
  const sums = new Map<string, number>();
  for (const part of rows.flatMap((row) => row.parts)) {
    sums.set(part[split], (sums.get(part[split]) ?? 0) + part.dollars);
  }
  const names = [...sums].sort(([, one], [, other]) => other - one).map(([name]) => name);
  return names.length > MOST_SERIES ? [...names.slice(0, MOST_SERIES), OTHERS] : names;
}

/** What a row has of each series, in US dollars. */
export function sharesOf(row: CostViewRow | undefined, split: Split, series: string[]): number[] {
  const shares = series.map(() => 0);
  for (const part of row?.parts ?? []) {
    const own = series.indexOf(part[split]);
    const at = own < 0 ? series.indexOf(OTHERS) : own;
    if (at >= 0) shares[at] = (shares[at] ?? 0) + part.dollars;
  }
  return shares;
}

/** How dark a day is in the map of the year: 0 for none, then 1 to 4 by quarters of the days that were used. */
export function shadeOf(dollars: number, all: number[]): number {
  if (dollars <= 0) return 0;
  const used = all.filter((value) => value > 0).sort((one, other) => one - other);
  const below = used.filter((value) => value < dollars).length;
  return 1 + Math.min(3, Math.floor((below / used.length) * 4));
}
