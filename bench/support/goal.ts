/** A mark that a figure must reach. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

export function atLeast(figure: number, mark: number, what: string): Goal {
  return { text: `at least ${format(mark)} ${what}`, met: figure >= mark };
}

export function below(figure: number, mark: number, what: string): Goal {
  return { text: `below ${format(mark)} ${what}`, met: figure < mark };
}

function format(mark: number): string {
  return mark.toLocaleString('en');
}
