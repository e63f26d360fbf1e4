import { describe, expect, it } from 'vitest';
import css from './app.css?raw';

type Tokens = Record<string, string>;

/** The colours of the first block after a selector. */
function tokens(selector: string): Tokens {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
  return Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]),
  );
}

const light = tokens(':root');
const dark = { ...light, ...tokens(':root[data-theme="dark"]') };

/** Relative luminance of WCAG 2. */
function luminance(colour: string | undefined): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt((colour ?? '').slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string | undefined, other: string | undefined): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ['light', light],
  ['dark', dark],
])('colours in %s', (_, theme) => {
  it.each(['text', 'text-quiet', 'watch', 'low', 'action'])('%s can be read on both grounds', (name) => {
    for (const ground of ['ground', 'ground-quiet']) {
      expect(contrast(theme[name], theme[ground])).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(['fill', 'watch', 'low', 'line-strong'])('%s can be seen on the ground, and fills on the track', (name) => {
    expect(contrast(theme[name], theme.ground)).toBeGreaterThanOrEqual(3);
    if (name !== 'line-strong') expect(contrast(theme[name], theme.track)).toBeGreaterThanOrEqual(3);
  });

  it.each(['a', 'b', 'c', 'd', 'e'])('bars of series %s can be seen on the ground', (name) => {
    expect(contrast(theme[`series-${name}`], theme.ground)).toBeGreaterThanOrEqual(3);
  });

  it('the words of the main button can be read', () => {
    expect(contrast(theme['on-action'], theme.action)).toBeGreaterThanOrEqual(4.5);
  });
});

it('the dark colours of the desktop and of the setting are the same', () => {
  expect(tokens(':root:not([data-theme="light"])')).toEqual(tokens(':root[data-theme="dark"]'));
});
