import { expect, it } from 'vitest';
import { countdown } from './countdown';

const now = Date.parse('2026-09-15T12:00:00Z');

it.each([
  ['2026-09-21T16:30:00Z', '6 d 4 h'],
  ['2026-09-15T14:10:59Z', '2 h 10 m'],
  ['2026-09-15T12:09:05Z', '9 m 05 s'],
  ['2026-09-15T12:00:00Z', 'now'],
  ['2026-09-15T11:00:00Z', 'now'],
  ['no date', 'now'],
])('until %s it is %s', (until, words) => {
  expect(countdown(until, now)).toBe(words);
});
