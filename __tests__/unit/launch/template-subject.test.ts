import { TemplateSubject, WorkerSubject } from '../../../src/launch/worker-subject';

describe('the template in the log', () => {
  it('is no standby: it has a name and a role of its own', () => {
    const [only, ofWeb] = [undefined, 'web'].map((group) => new TemplateSubject({ group }));
    expect([only!.label, only!.fields]).toEqual(['the template', {}]);
    expect([ofWeb!.label, ofWeb!.fields]).toEqual(['the template of web', { group: 'web' }]);
    // Of what it writes to stdout and stderr.
    expect(ofWeb!.origin(7)).toEqual({ role: 'template', group: 'web', pid: 7 });
    expect(new WorkerSubject({ group: 'web' }).origin(7)).toEqual({ role: 'standby', group: 'web', pid: 7 });
  });
});
