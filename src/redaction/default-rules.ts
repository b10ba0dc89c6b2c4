import type { RedactionRule, TokenRule } from './redaction-rule.ts';
import { secretNameRules } from './secret-names.ts';

const base64Url = 'A-Za-z0-9_-';

function token(
  category: string,
  prefixes: readonly string[],
  characters: string,
  minimum: number,
  more: Partial<TokenRule> = {},
): TokenRule {
  return { form: 'token', category, prefixes, characters, minimum, starts: 'anywhere', ...more };
}

const modelProviders: readonly RedactionRule[] = [
  token('anthropic_key', ['sk-ant-'], base64Url, 16),
  token('openai_key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-'], base64Url, 20),
  // Behind a word this is the middle of a slug such as `task-…`; one of words only is a slug as well.
  token('openai_key', ['sk-'], base64Url, 40, { starts: 'word', needs: 'digit_or_upper_case' }),
  token('google_key', ['AIza'], base64Url, 35),
  token('hugging_face_token', ['hf_'], 'A-Za-z0-9', 30, { starts: 'word' }),
  token('xai_key', ['xai-'], 'A-Za-z0-9', 40, { starts: 'word' }),
  token('groq_key', ['gsk_'], 'A-Za-z0-9', 40, { starts: 'word' }),
  token('sourcegraph_token', ['sgp_', 'sgamp_'], base64Url, 20, { starts: 'word' }),
];

const clouds: readonly RedactionRule[] = [
  token('aws_access_key', ['AKIA', 'ASIA'], 'A-Z0-9', 16, { starts: 'word' }),
  token('google_client_secret', ['GOCSPX-'], base64Url, 20),
  token('google_access_token', ['ya29.'], base64Url, 20, { starts: 'word' }),
  token('stripe_key', ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'], 'A-Za-z0-9', 16),
  token('stripe_webhook_secret', ['whsec_'], 'A-Za-z0-9+/=', 16),
  token('sendgrid_key', ['SG.'], base64Url, 20, { starts: 'word', separator: '.', parts: 2 }),
];

const codeHosts: readonly RedactionRule[] = [
  token('github_token', ['ghp_', 'gho_', 'ghu_', 'ghr_'], 'A-Za-z0-9', 30),
  // Tokens of GitHub apps may hold a JWT behind the prefix.
  token('github_token', ['ghs_'], base64Url, 30, { separator: '.' }),
  token('github_token', ['github_pat_'], 'A-Za-z0-9_', 22),
  token('gitlab_token', ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-', 'glft-'], base64Url, 20),
  token('npm_token', ['npm_'], 'A-Za-z0-9', 30, { starts: 'word' }),
  token('pypi_token', ['pypi-AgEI'], base64Url, 30),
  token('docker_token', ['dckr_pat_'], base64Url, 20),
];

const chats: readonly RedactionRule[] = [
  token(
    'slack_token',
    ['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxe.', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'],
    'A-Za-z0-9%-',
    10,
  ),
  token(
    'slack_webhook',
    ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    'A-Za-z0-9/_-',
    20,
    { keepPrefix: true },
  ),
];

/** How an authorization header is written in HTTP, YAML, JSON, and JSON inside JSON. */
const headerShapes = [': ', ':', '": "', '":"', "': '", "':'", '\\": \\"', '\\":\\"'];
const headerSchemes = ['bearer ', 'basic ', 'token '];

const general: readonly RedactionRule[] = [
  { form: 'private_key', category: 'private_key' },
  token('jwt', ['eyJ'], base64Url, 7, { starts: 'run', separator: '.', parts: 3 }),
  token(
    'authorization',
    headerShapes.flatMap((shape) => headerSchemes.map((scheme) => `authorization${shape}${scheme}`)),
    'A-Za-z0-9._~+/=:-',
    6,
    { ignoreCase: true, keepPrefix: true, starts: 'word' },
  ),
  token('authorization', ['bearer ', 'basic '], 'A-Za-z0-9._~+/=-', 16, {
    ignoreCase: true,
    keepPrefix: true,
    starts: 'word',
    needs: 'digit',
  }),
  token(
    'secret_argument',
    [
      '--password ',
      '--passwd ',
      '--token ',
      '--secret ',
      '--api-key ',
      '--access-token ',
      '--client-secret ',
    ],
    'A-Za-z0-9._~+/=:@!%^*?#-',
    6,
    { keepPrefix: true, starts: 'word', needs: 'digit' },
  ),
  { form: 'url_password', category: 'url_password' },
];

/** The rules that a redactor has unless told otherwise. To leave some out, filter this list and pass it as `rules` with `replaceDefaultRules`. */
export const defaultRedactionRules: readonly RedactionRule[] = [
  ...modelProviders,
  ...clouds,
  ...codeHosts,
  ...chats,
  ...general,
  ...secretNameRules,
];
