import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  // Svelte's server build is the default outside of a browser; the tests mount components.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  // Watching what cargo builds would keep a core busy.
  server: { host: '127.0.0.1', port: 1420, strictPort: true, watch: { ignored: ['**/src-tauri/**'] } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'safari16',
    // A data: address would break the content security policy.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    // Styles are left out of tests, but for the one that reads the colours.
    css: { include: [/app\.css/] },
  },
}));
