import { claude } from '../../src/providers/claude/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';
import { claudeAttempt, claudeChangingTools, claudeSubagent } from './claude-attempts.ts';

testForbidden({
  name: 'claude',
  provider: () => claude(),
  environment: (server, home) => claudeEnvironment(server, { home }),
  call: claudeAttempt,
  changing: claudeChangingTools,
  subagent: claudeSubagent,
  refusesBy: 'disallowedTools: Bash, Monitor, PowerShell, Write, Edit',
});
