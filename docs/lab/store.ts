/** The one state of a page, and who is told when it changes. */
export interface Store<State> {
  get(): State;
  /** Replaces some fields and tells everyone, with the state before. */
  set(patch: Partial<State>): void;
  subscribe(listener: (state: State, before: State) => void): void;
}

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners: ((state: State, before: State) => void)[] = [];
  return {
    get: () => state,
    set(patch) {
      const before = state;
      state = { ...state, ...patch };
      for (const listener of listeners) listener(state, before);
    },
    subscribe: (listener) => void listeners.push(listener),
  };
}
