import { execute } from '@sourcegraph/amp-sdk';

/** Where an agent works, how it reaches its model, and what it is told. */
export interface AmpPlace {
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
  /** A settings file with a permission rule. */
  readonly settingsFile: string;
}

/** Runs Amp with its SDK until the program has ended. */
export async function runBareAmp(prompt: string, place: AmpPlace): Promise<void> {
  const { cwd, environment, settingsFile } = place;
  let subtype: string | undefined;
  for await (const message of execute({ prompt, options: { cwd, settingsFile, env: { ...environment } } })) {
    if (message.type === 'result') subtype = message.subtype;
  }
  if (subtype !== 'success') throw new Error(`The bare run ended with ${subtype}.`);
}
