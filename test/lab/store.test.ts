import * as assert from 'uvu/assert';
import { createStore } from '../../docs/lab/store.ts';
import { suite } from '../support/harness.ts';

interface State {
  readonly place: number;
  readonly name: string;
}

suite('lab/store', (test) => {
  test('some fields are replaced and the others kept, and everyone is told, with the state before', () => {
    const initial: State = { place: 1, name: 'a' };
    const store = createStore(initial);
    const told: [string, State, State][] = [];
    store.subscribe((...states) => told.push(['first', ...states]));
    store.subscribe((...states) => told.push(['second', ...states]));
    assert.is(store.get(), initial);
    store.set({ place: 2 });
    store.set({ name: 'b' });
    const states = [initial, { place: 2, name: 'a' }, { place: 2, name: 'b' }];
    assert.equal(
      told,
      [1, 1, 2, 2].map((k, at) => [at % 2 === 0 ? 'first' : 'second', states[k], states[k - 1]]),
    );
    assert.equal(store.get(), states[2]);
    assert.equal(initial, { place: 1, name: 'a' });
  });

  test('a field that did not change is the same object as before, so that listeners can tell', () => {
    const list = [1, 2];
    const store = createStore({ list, other: 0 });
    const changed: boolean[] = [];
    store.subscribe((state, before) => changed.push(state.list !== before.list));
    store.set({ other: 1 });
    store.set({ list: [1, 2] });
    assert.equal(changed, [false, true]);
  });

  test('who changes the state while being told leaves the newest to be read', () => {
    const store = createStore({ asked: 0, answered: 0 });
    store.subscribe(({ asked }, before) => {
      if (asked !== before.asked) store.set({ answered: asked });
    });
    store.set({ asked: 7 });
    assert.equal(store.get(), { asked: 7, answered: 7 });
  });
});
