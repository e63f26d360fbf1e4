// What the build server calls on macOS, and what runs on Linux as well: `one-process.mjs FOLDER` starts the program of that
// folder as tray and window in one process, asks it something from the terminal, and ends it.
import { join, resolve } from 'node:path';
import { inHome, until } from './home.mjs';
import { main, Stop } from './run.mjs';

const DESKTOP = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS'];

await main(async ([folder]) => {
  if (!folder) throw new Stop('Usage: one-process.mjs FOLDER');
  const desktop = DESKTOP.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
  await inHome(Object.fromEntries(desktop), async (home) => {
    const program = (name) => join(resolve(folder), name);
    const child = home.start(program('claudometer-desktop'), '--one-process', '--demo');
    const ended = new Promise((done) => child.on('exit', (code, signal) => done(signal ?? code)));
    await until('The start in one process', home.answers);
    const { status, stdout, stderr } = await home.run(program('claudometer'), 'usage', '--json');
    // 5: of the demo's accounts some are in trouble, as they are meant to be.
    if (![0, 5].includes(status)) throw new Stop(`It does not answer (code ${status}): ${stderr}`);
    if (JSON.parse(stdout).accounts.length === 0) throw new Stop('It shows no numbers.');
    const quit = await home.run(program('claudometer'), 'quit');
    if (quit.status !== 0) throw new Stop(`It does not end: ${quit.stderr}`);
    const end = await ended;
    if (end !== 0) throw new Stop(`It ended with ${end}.`);
    console.log('One process: started, asked, ended as usual.');
  });
});
