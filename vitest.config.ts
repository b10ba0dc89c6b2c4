import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

/**
 * One tier per suffix, and how long a test of it may take: far longer than it does on an ordinary
 * machine, since a limit is there to end what hangs and not to measure.
 */
const tiers = [
  {
    name: 'unit',
    include: ['{src,bench,examples,scripts}/**/*.test.ts'],
    exclude: ['**/*.agent.test.ts'],
    testTimeout: 600_000,
  },
  { name: 'agent', include: ['{src,test}/**/*.agent.test.ts'], exclude: [], testTimeout: 600_000 },
  { name: 'e2e', include: ['test/**/*.e2e.test.ts'], exclude: [], testTimeout: 600_000 },
  { name: 'crash', include: ['test/**/*.crash.test.ts'], exclude: [], testTimeout: 1_800_000 },
] as const;

// Continuous integration sets it, to count what ran and to fail on what was skipped.
const report = process.env['ASM_TEST_REPORT'];

// Where Node keeps what it made of sources and of agents, for the hundreds of times that tests start them.
const compileCache = join(import.meta.dirname, '.tmp', 'compile-cache');

export default defineConfig({
  test: {
    globals: false,
    // Agents wait for their model and for each other, so that one worker a core leaves cores idle.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // No test changes what another one sees: modules are loaded once per worker.
    isolate: false,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: tiers.map((tier) => ({
      test: {
        name: tier.name,
        include: [...tier.include],
        exclude: ['**/node_modules/**', '**/dist/**', '.tmp/**', ...tier.exclude],
        environment: 'node',
        env: { NODE_COMPILE_CACHE: compileCache },
        isolate: false,
        testTimeout: tier.testTimeout,
        hookTimeout: tier.testTimeout,
        // A condition that is waited for may take as long: by default it has a second.
        expect: { poll: { timeout: tier.testTimeout / 2 } },
        teardownTimeout: 10_000,
      },
    })),
  },
});
