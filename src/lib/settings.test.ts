import { expect, it } from 'vitest';
import { settingsState } from '../test/sample';
import { changes, draftOf, interval, isClockTime, parsePercents, settled } from './settings';

it.each([
  ['80, 95', [80, 95]],
  ['95 80 80', [80, 95]],
  ['100 %', [100]],
  ['', null],
  ['0', null],
  ['101', null],
  ['12.5', null],
  ['soon', null],
])('reads the percents of %j', (text, list) => {
  expect(parsePercents(text)).toEqual(list);
});

it.each([
  ['22:00', true],
  ['00:00', true],
  ['24:00', false],
  ['7:30', false],
  ['12:60', false],
])('takes %s for a time of day: %s', (text, is) => {
  expect(isClockTime(text)).toBe(is);
});

it('says intervals in minutes where they are whole', () => {
  expect([60, 90, 300].map(interval)).toEqual(['1 minute', '90 seconds', '5 minutes']);
});

it('finds no change in a fresh draft, and sends it as it came', () => {
  const state = settingsState();
  expect(changes(draftOf(state), draftOf(state), state)).toEqual([]);
  expect(settled(draftOf(state), state.settings)).toEqual(state.settings);
});
