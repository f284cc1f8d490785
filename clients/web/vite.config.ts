/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** Chrome 109 is the last for Windows 7; the others are the oldest that schools still have (design, Appendix D). */
const OLDEST = ['chrome109', 'edge109', 'firefox115', 'safari15.4']

const SERVER = 'http://127.0.0.1:8080'

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    target: OLDEST,
    // the page of components is for those who build the client; it never comes into the product
    ...(mode === 'stories' ? { rollupOptions: { input: 'stories.html' } } : {}),
    outDir: mode === 'stories' ? '.stories' : (process.env.RT_STATIC ?? '../../rtserver/static'),
    emptyOutDir: true,
    manifest: true,
    // The page's CSP is default-src 'self': a data: address would be refused.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': SERVER,
      '/demo': SERVER,
      '/socket.io': { target: SERVER, ws: true },
    },
  },
  test: {
    include: ['tests/**/*.test.ts', 'src/**/*.test.ts'],
    environment: 'node',
  },
}))
