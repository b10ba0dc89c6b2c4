/** Versions of Codex that the tests of this library were run with. */
export const testedVersions = { from: '0.163.0', to: '0.163.0' } as const;
