import type { EventData } from '../../domain/event-data.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { listField, objectField, textField } from '../../domain/json-field.ts';

type Step = EventData['plan_updated']['steps'][number];

/** Follows the agent's list of steps through the tools that change it. */
export class PlanList {
  readonly #tasks = new Map<string, Step>();

  /** The whole list after a tool's success; `undefined` when the tool didn't change it. */
  apply(name: string, input: JsonObject, result: JsonValue | undefined): readonly Step[] | undefined {
    switch (name) {
      case 'TodoWrite':
        return listField(input, 'todos').flatMap((todo) => {
          const text = textField(todo, 'content');
          return text === undefined ? [] : [{ text, status: stepStatus(textField(todo, 'status')) }];
        });
      case 'TaskCreate':
        return this.#create(input, result);
      case 'TaskUpdate':
        return this.#update(input);
      default:
        return undefined;
    }
  }

  #create(input: JsonObject, result: JsonValue | undefined): readonly Step[] | undefined {
    const id = textField(objectField(result, 'task'), 'id');
    const text = textField(input, 'subject');
    if (id === undefined || text === undefined) return undefined;
    this.#tasks.set(id, { text, status: 'pending' });
    return this.#all();
  }

  #update(input: JsonObject): readonly Step[] | undefined {
    const id = textField(input, 'taskId');
    const earlier = id === undefined ? undefined : this.#tasks.get(id);
    // Tasks of an earlier run of the conversation have texts that this run never saw.
    if (id === undefined || earlier === undefined) return undefined;
    const status = textField(input, 'status');
    if (status === 'deleted') this.#tasks.delete(id);
    else {
      this.#tasks.set(id, {
        text: textField(input, 'subject') ?? earlier.text,
        status: status === undefined ? earlier.status : stepStatus(status),
      });
    }
    return this.#all();
  }

  #all(): readonly Step[] {
    return [...this.#tasks.values()];
  }
}

function stepStatus(status: string | undefined): Step['status'] {
  return status === 'in_progress' || status === 'completed' ? status : 'pending';
}
