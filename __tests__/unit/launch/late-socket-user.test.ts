import { lateSocketUser } from '../../../src/launch/late-socket-user';
import { SocketGroups } from '../../../src/sockets/socket-groups';
import type { SocketUser } from '../../../src/sockets/socket-user';
import type { SocketUsers } from '../../../src/sockets/socket-users';

const QUERY = { address: '127.0.0.1', port: 80, addressType: 4 } as const;

function fakeUser(calls: string[]): SocketUser {
  return {
    open: () => (calls.push('open'), Promise.resolve(-98)),
    has: () => (calls.push('has'), true),
    isListening: () => (calls.push('isListening'), true),
    sharesAll: () => (calls.push('sharesAll'), true),
    common: () => calls.push('common'),
    close: () => calls.push('close'),
    leave: () => calls.push('leave'),
    end: () => calls.push('end'),
  };
}

describe(lateSocketUser, () => {
  function late() {
    const calls: string[] = [];
    const make = jest.fn(() => fakeUser(calls));
    return { ...lateSocketUser(make), make, calls };
  }

  it('has no pid and reports nothing until it begins', () => {
    const { user, make } = late();
    expect([user.has(QUERY, 0), user.isListening()]).toEqual([false, false]);
    user.close('key');
    user.leave();
    user.end();
    expect(make).not.toHaveBeenCalled();
  });

  it.each([
    ['with its id', ({ begin }: ReturnType<typeof late>) => begin()],
    ['with its first question', ({ user }: ReturnType<typeof late>) => void user.open(QUERY, 0)],
  ])('begins once, %s', (_how, first) => {
    const one = late();
    first(one);
    one.begin();
    one.user.common('key', undefined);
    one.user.leave();
    one.user.end();
    expect(one.make).toHaveBeenCalledTimes(1);
    expect(one.calls.slice(-3)).toEqual(['common', 'leave', 'end']);
    expect([one.user.has(QUERY, 0), one.user.isListening()]).toEqual([true, true]);
  });

  it('keeps unused sockets for its group from its start, not from its first question', () => {
    const allAreUp = jest.fn();
    const users = { user: () => fakeUser([]), allAreUp } as unknown as SocketUsers;
    const groups = new SocketGroups(users);
    const [web, queue] = [groups.add(), groups.add()];
    web.allAreUp();
    const { begin } = lateSocketUser(() => web.user({ name: 'worker web/0', age: 1 }));
    begin();
    queue.allAreUp();
    expect(allAreUp).not.toHaveBeenCalled();
    web.allAreUp();
    expect(allAreUp).toHaveBeenCalledTimes(1);
  });
});
