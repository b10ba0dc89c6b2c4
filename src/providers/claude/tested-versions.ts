/** Versions of Claude Code that the tests of this library were run with. */
export const testedVersions = { from: '2.1.330', to: '2.1.330' } as const;
