import { acp } from '../../src/providers/acp/provider.ts';
import { claudeAttempt, claudeChangingTools, claudeSubagent } from '../claude/claude-attempts.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';
import { signedInEnvironment } from './signed-in-claude.ts';

testForbidden({
  name: 'claude-agent-acp',
  provider: () => acp({ preset: 'claude-agent-acp' }),
  environment: signedInEnvironment,
  call: claudeAttempt,
  changing: claudeChangingTools,
  subagent: claudeSubagent,
});
