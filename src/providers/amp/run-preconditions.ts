import { AsmError } from '../../domain/error.ts';
import { decidedBy } from '../../domain/error-setting.ts';
import type { RunRequest } from '../../ports/provider.ts';
import type { AmpProgram } from './program.ts';
import { existingPaths, managedSettingsFile, managesPermissions, withheldPaths } from './withheld-files.ts';

const threadId = /^T-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Refuses what Amp can't do, before anything starts. */
export function refuseImpossible(request: Pick<RunRequest, 'model' | 'resume' | 'outputSchema'>): void {
  const { model, resume, outputSchema } = request;
  if (model !== undefined)
    throw new AsmError(
      'model_not_found',
      `Amp chooses its models by its mode, so there is no ${JSON.stringify(model)}. Give the run no model, but a mode, such as "smart".`,
      { details: decidedBy('mode'), provider: { provider: 'amp', kind: 'model' } },
    );
  if (outputSchema !== undefined) throw notSupported('makes it answer in a given form');
  if (resume?.fork === true) throw notSupported('branches off threads');
  if (resume !== undefined && !threadId.test(resume.handle.id))
    throw new AsmError('resume_failed', `${JSON.stringify(resume.handle.id)} is no thread of Amp.`, {
      provider: { provider: 'amp', kind: 'thread_id' },
    });
}

/**
 * Refuses runs in which Amp would not ask us about its tool calls: where the administrator's settings decide
 * about them, and where a program that isn't a script, so that nothing can be withheld from it, would find
 * settings or skills of a project that isn't trusted.
 */
export async function refuseUngated(
  request: Pick<RunRequest, 'cwd' | 'trustProject'>,
  program: AmpProgram,
  environment: Readonly<Record<string, string>>,
  managedFile: string = managedSettingsFile,
): Promise<void> {
  if (await managesPermissions(managedFile))
    throw new AsmError(
      'permission_denied',
      `The settings of this machine's administrator decide about the tool calls of Amp (${managedFile}), so they can't be asked about here.`,
      { provider: { provider: 'amp', kind: 'managed_settings' } },
    );
  if (program.isScript || request.trustProject) return;
  const [found] = await existingPaths(withheldPaths(request.cwd, environment['HOME'] ?? '/'));
  if (found === undefined) return;
  throw new AsmError(
    'permission_denied',
    `This program of Amp would read ${found}, which can start programs and switch the permissions off. Trust the project if you do.`,
    { details: decidedBy('trustProject'), provider: { provider: 'amp', kind: 'project_settings' } },
  );
}

function notSupported(what: string): AsmError {
  return new AsmError('capability_not_supported', `Amp has nothing that ${what}.`, {
    provider: { provider: 'amp', kind: 'unsupported' },
  });
}
