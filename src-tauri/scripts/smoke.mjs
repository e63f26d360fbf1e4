// What the release workflow calls before a release is published: `smoke.mjs NEW OLD`. NEW is a folder with the files of a
// release; its program has to run. OLD is a folder with the archive of the release before, if there is one; that one has to find
// the new release by itself, verify it with the key that it was built with, put it in its place, and be it.
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join, resolve } from 'node:path';
import { inHome, until } from './home.mjs';
import { about } from './packaging.mjs';
import { main, Stop } from './run.mjs';

const PLATFORM = `${process.platform === 'darwin' ? 'darwin' : 'linux'}-${about.architecture}`;
const PROGRAMS = ['claudometer', 'claudometer-desktop'];

/** The archive for this system in a folder, or undefined. */
function archiveIn(folder) {
  if (!folder || !existsSync(folder)) return undefined;
  const name = readdirSync(folder).find((name) => name.endsWith(`-${PLATFORM}.tar.gz`));
  return name && join(folder, name);
}

/** Unpacks an archive of a release; answers the folder of its executables. */
function unpacked(archive, into) {
  mkdirSync(into);
  const args = ['--extract', '--gzip', '--strip-components', '1', '--file', archive, '--directory', into];
  const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8' });
  if (status !== 0) throw new Stop(`${archive} could not be unpacked: ${stderr}`);
  return join(into, 'bin');
}

/** Serves the files of a release where a Claudometer under test asks for the releases' page. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const file = join(folder, basename(new URL(request.url, 'http://localhost').pathname));
    const ours = request.url.startsWith(`/${about.homepage.replace('https://', '')}/releases/`);
    response.writeHead(ours && existsSync(file) ? 200 : 404);
    if (ours && existsSync(file)) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** The version that a program says it is. */
async function versionOf(home, program) {
  const { stdout, stderr, error } = await home.run(program, '--version');
  const said = /^claudometer (\S+)/.exec(stdout ?? '');
  if (!said) throw new Stop(`${basename(program)} does not run: ${stderr || error?.message}`);
  return said[1];
}

/** Updates an older release in its folder, with its resident running, to the one that is served. */
async function update(home, bin, version) {
  const program = join(bin, 'claudometer');
  home.start(program);
  await until('The start of the release before', home.answers);
  const beta = version.includes('-') ? ['--beta'] : [];
  const { status, stdout, stderr } = await home.run(program, 'update', '--install', ...beta);
  if (status !== 0) throw new Stop(`The release before does not update itself (code ${status}):\n${stdout}${stderr}`);
  const now = await versionOf(home, program);
  if (now !== version) throw new Stop(`After the update it is ${now}, not ${version}.`);
  if (!(await home.answers())) throw new Stop('After the update nothing runs any more.');
  const quit = await home.run(program, 'quit');
  if (quit.status !== 0) throw new Stop(`What runs after the update does not end: ${quit.stderr}`);
  await until('The end of the new one', async () => !(await home.answers()));
  await until('Letting go of the release before', () => !existsSync(join(bin, '.claudometer-previous')));
}

await main(async ([fresh, before]) => {
  if (!fresh) throw new Stop('Usage: smoke.mjs NEW OLD');
  const folder = resolve(fresh);
  const { version } = JSON.parse(readFileSync(join(folder, 'latest.json'), 'utf8'));
  const [archive, old] = [archiveIn(folder), archiveIn(before)];
  if (!archive) throw new Stop(`The release has no archive for ${PLATFORM}.`);
  const server = await serve(folder);
  const env = { CLAUDOMETER_TEST_ORIGIN: `http://127.0.0.1:${server.address().port}` };
  const key = process.env.CLAUDOMETER_TEST_UPDATE_KEY;
  try {
    await inHome({ ...env, ...(key ? { CLAUDOMETER_TEST_UPDATE_KEY: key } : {}) }, async (home) => {
      const bin = unpacked(archive, join(home.folder, 'new'));
      const said = await versionOf(home, join(bin, 'claudometer'));
      if (said !== version) throw new Stop(`The archive of ${version} holds ${said}.`);
      console.log(`Claudometer ${version} runs.`);
      if (!old) {
        console.log('There is no release before it that could update itself.');
        return;
      }
      const place = unpacked(old, join(home.folder, 'old'));
      const was = await versionOf(home, join(place, 'claudometer'));
      await update(home, place, version);
      for (const name of PROGRAMS)
        if (!readFileSync(join(place, name)).equals(readFileSync(join(bin, name))))
          throw new Stop(`${name} is not the one of the release.`);
      console.log(`Claudometer ${was} has updated itself to ${version}, which ran and ended as usual.`);
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
