import type { AssignmentRule } from './redaction-rule.ts';

/** Names whose values are secrets, by category. More specific names come first: the first that fits wins. */
export const secretNameRules: readonly AssignmentRule[] = [
  {
    form: 'assignment',
    category: 'aws_secret_key',
    names: ['aws_secret_access_key', 'secret_access_key', 'aws_secret_key'],
  },
  { form: 'assignment', category: 'azure_key', names: ['account_key', 'shared_access_key', 'storage_key'] },
  {
    form: 'assignment',
    category: 'private_key',
    names: ['private_key', 'signing_key', 'encryption_key', 'master_key'],
  },
  {
    form: 'assignment',
    category: 'password',
    names: ['password', 'passwd', 'passphrase', 'passcode', 'pwd', 'pgpassword'],
  },
  {
    form: 'assignment',
    category: 'api_key',
    names: ['api_key', 'access_key', 'secret_key', 'app_key', 'auth_key', 'subscription_key'],
  },
  {
    form: 'assignment',
    category: 'token',
    names: [
      'access_token',
      'auth_token',
      'refresh_token',
      'bearer_token',
      'session_token',
      'security_token',
      'id_token',
      'api_token',
      'bot_token',
      'personal_access_token',
    ],
  },
  {
    form: 'assignment',
    category: 'secret',
    names: ['secret', 'client_secret', 'secret_key_base', 'webhook_secret', 'credential', 'credentials'],
  },
  { form: 'assignment', category: 'authorization', names: ['authorization'] },
  { form: 'assignment', category: 'token', names: ['token', 'auth_tok'], bareValues: 'opaque' },
];

/** Names that end like a secret's and are none: the vocabulary of parsers, pagers and language models. */
export const harmlessNames: readonly string[] = [
  'next_token',
  'page_token',
  'next_page_token',
  'continuation_token',
  'sync_token',
  'eos_token',
  'bos_token',
  'pad_token',
  'unk_token',
  'sep_token',
  'cls_token',
  'mask_token',
  'stop_token',
  'special_token',
  'max_token',
  'oldpwd',
];

/** A name as it is compared: lower case, without `_` and `-`. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
