// What the release workflow calls on macOS: `mac-sign.mjs FOLDER` signs the applications in a folder, and has them notarised,
// where the makers' certificate is in the environment. Without it they stay signed for the machine that runs them.
import { resolve } from 'node:path';
import { credentials, signAll } from './mac.mjs';
import { main, Stop } from './run.mjs';

await main(async ([folder]) => {
  if (!folder) throw new Stop('Usage: mac-sign.mjs FOLDER');
  const given = credentials();
  if (given) return signAll(resolve(folder), given);
  console.log(
    'There is no certificate of Apple here: people have to allow the application themselves at its first start.',
  );
});
