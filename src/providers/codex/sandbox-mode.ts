import type { PermissionMode } from '../../domain/tool.ts';

/** Codex's sandbox for a mode: what commands can do even when they are allowed. */
export function sandboxMode(mode: PermissionMode): 'read-only' | 'workspace-write' | 'danger-full-access' {
  switch (mode) {
    case 'plan':
      return 'read-only';
    case 'dangerously_skip_permissions':
      return 'danger-full-access';
    case 'default':
    case 'accept_edits':
    case 'full_auto':
      return 'workspace-write';
  }
}

/** Codex's name of a sandbox in its answers. */
export const sandboxPolicyTypes = {
  'read-only': 'readOnly',
  'workspace-write': 'workspaceWrite',
  'danger-full-access': 'dangerFullAccess',
} as const;
