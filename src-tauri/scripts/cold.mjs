// What the build server calls in a clean clone: `cold.mjs start` or `cold.mjs test` runs that command from nothing, and says
// whether it kept its budget of minutes. `--record` writes the figure into .github/BUDGETS.md.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { main, root, run, Stop, workspace } from './run.mjs';

/** Minutes, on a machine of four cores; a machine with fewer has more of them. */
const BUDGETS = { start: 12, test: 25 };
const CORES = 4;
const HEADING = '## From a clean clone';
const HEAD = `${HEADING}

Measured by \`node src-tauri/scripts/cold.mjs\`, system packages and npm packages included.

| what | minutes | cores | budget | kept |
| --- | ---: | ---: | --- | --- |
`;

/** The row of a command. */
export function row(name, minutes, cores) {
  const budget = Math.ceil(BUDGETS[name] * Math.max(1, CORES / cores));
  const kept = minutes <= budget;
  const text = `| \`npm ${name}\` | ${minutes.toFixed(1)} | ${cores} | <= ${budget} min | ${kept ? 'yes' : '**no**'} |`;
  return { text, kept };
}

/** A page of budgets with this row in the place of the same command's. */
export function withRow(page, name, text) {
  const at = page.indexOf(HEADING);
  const [before, after] = at < 0 ? [`${page.trimEnd()}\n\n`, ''] : [page.slice(0, at), page.slice(at)];
  const others = after
    .split('\n')
    .filter((line) => line.startsWith('| `npm ') && !line.startsWith(`| \`npm ${name}\``));
  return `${before}${HEAD}${[...others, text].toSorted().join('\n')}\n`;
}

async function measure(name) {
  const there = [join(workspace, 'target'), join(root, 'node_modules')].filter((path) => existsSync(path));
  if (there.length > 0) throw new Stop(`This is no clean clone: ${there.join(' and ')} would make it quicker.`);
  // Nothing is shown there: with these it builds all that a desktop gets.
  const nowhere = { DISPLAY: ':99', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
  const begin = performance.now();
  await run('npm', [name], { env: name === 'start' ? nowhere : {}, input: 'ignore' });
  const minutes = (performance.now() - begin) / 60_000;
  if (name === 'start') await run(join(workspace, 'target/release/claudometer'), ['quit']);
  return minutes;
}

export async function cold([name, ...options]) {
  if (!(name in BUDGETS)) throw new Stop(`Usage: cold.mjs ${Object.keys(BUDGETS).join('|')} [--record]`);
  const { text, kept } = row(name, await measure(name), cpus().length);
  if (options.includes('--record')) {
    const file = join(root, '.github/BUDGETS.md');
    writeFileSync(file, withRow(readFileSync(file, 'utf8'), name, text));
  }
  if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${HEAD}${text}\n`);
  console.log(`\n${text}`);
  if (!kept) throw new Stop('That is more than its budget.');
}

if (process.argv[1] === import.meta.filename) await main(cold);
