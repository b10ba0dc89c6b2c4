/**
 * Text for a column that is compared: SQL text can't hold a lone surrogate, so such text is written
 * with escapes. Different texts stay different.
 */
export function columnText(text: string): string {
  return text.isWellFormed() && !text.includes('\\') ? text : JSON.stringify(text);
}
