import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { row, withRow } from './cold.mjs';

test('a budget of minutes is kept or broken, and a machine with fewer cores has more of them', () => {
  assert.deepEqual(row('start', 11.94, 4), { text: '| `npm start` | 11.9 | 4 | <= 12 min | yes |', kept: true });
  assert.equal(row('start', 12.1, 4).kept, false);
  assert.equal(row('start', 12.1, 16).kept, false);
  assert.equal(row('start', 23.9, 2).kept, true);
});

test('a figure takes the place of the one before, and leaves all others', () => {
  const page = '# Budgets\n\n| a table | of figures |\n';
  const once = withRow(page, 'test', row('test', 20, 4).text);
  const both = withRow(once, 'start', row('start', 9, 4).text);
  assert.ok(both.startsWith(page));
  const again = withRow(both, 'test', row('test', 26, 4).text);
  assert.deepEqual(again.match(/^\| `npm .*$/gm), [row('start', 9, 4).text, row('test', 26, 4).text]);
  assert.equal(again.match(/From a clean clone/g).length, 1);
});

test('what is built already is not cold', () => {
  const { status, stderr } = spawnSync(process.execPath, [import.meta.resolve('./cold.mjs').slice(7), 'start'], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, /no clean clone/.test(stderr)], [1, true], stderr);
});
