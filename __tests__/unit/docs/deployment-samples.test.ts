import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig, type LoadedConfig } from '../../../src/config/load';
import { ROOT, source } from './markdown';

/** The engine configuration of a server.yml. An invalid key or value throws, a similar one is a warning. */
function engineOf(yaml: string): LoadedConfig['engine'] & { readonly raw: Record<string, unknown> } {
  const raw = parse(yaml) as Record<string, unknown>;
  const { engine, warnings, user } = loadConfig({
    raw,
    env: {},
    workerOptions: { className: 'WebWorker', options: { type: 'process' } },
  });
  expect(warnings).toEqual([]);
  expect(Object.keys(user).sort()).toEqual(['greeting', 'port']);
  return { ...engine, raw };
}

/** From the stop signal to the last SIGKILL. */
function longestStopSeconds(engine: LoadedConfig['engine']): number {
  return (
    (engine.drainDelayMs + engine.workerGracefulKillTimeoutMs + engine.workerImmediateKillTimeoutMs) / 1000
  );
}

/** The memory in percent of a container with this limit when each worker is at its own limit. */
function shareOfWorkers({ raw }: ReturnType<typeof engineOf>, processors: number): number {
  expect(raw['workers']).toBe('auto');
  return processors * Number(/^(\d+)%$/.exec(String(raw['workerMaxMemory']))?.[1]);
}

// The exact fields of the samples: a cluster refuses or ignores a misspelt one.
const labels = z.strictObject({ 'app.kubernetes.io/name': z.literal('shop') });
const metadata = z.strictObject({ name: z.literal('shop'), labels });
const selector = z.strictObject({ matchLabels: labels });
const head = <Kind extends string>(
  apiVersion: string,
  kind: Kind,
): { apiVersion: z.ZodLiteral<string>; kind: z.ZodLiteral<Kind>; metadata: typeof metadata } => ({
  apiVersion: z.literal(apiVersion),
  kind: z.literal(kind),
  metadata,
});
const count = z.int().positive();
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(['/healthz', '/readyz']), port: z.literal('status') }),
  periodSeconds: count,
  timeoutSeconds: count.optional(),
  failureThreshold: count,
});
const amounts = z.strictObject({
  cpu: z.string().regex(/^\d+$/),
  memory: z.string().regex(/^\d+[MG]i$/),
});
const Deployment = z.strictObject({
  ...head('apps/v1', 'Deployment'),
  spec: z.strictObject({
    replicas: count,
    strategy: z.strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z.strictObject({ maxUnavailable: z.literal(0), maxSurge: z.literal(1) }),
    }),
    minReadySeconds: count,
    selector,
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: z.record(z.string(), z.string()) }),
      spec: z.strictObject({
        terminationGracePeriodSeconds: count,
        automountServiceAccountToken: z.literal(false),
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: count,
          runAsGroup: count,
          seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
        }),
        topologySpreadConstraints: z.tuple([
          z.strictObject({
            maxSkew: count,
            topologyKey: z.literal('kubernetes.io/hostname'),
            whenUnsatisfiable: z.literal('ScheduleAnyway'),
            labelSelector: selector,
          }),
        ]),
        containers: z.tuple([
          z.strictObject({
            name: z.literal('shop'),
            image: z.string().regex(/:\d+\.\d+\.\d+$/),
            ports: z.array(z.strictObject({ name: z.enum(['http', 'status']), containerPort: count })),
            resources: z.strictObject({ requests: amounts, limits: amounts }),
            startupProbe: probe,
            livenessProbe: probe,
            readinessProbe: probe,
            securityContext: z.strictObject({
              allowPrivilegeEscalation: z.literal(false),
              readOnlyRootFilesystem: z.literal(true),
              capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
            }),
            volumeMounts: z.array(
              z.strictObject({
                name: z.enum(['config', 'tmp']),
                mountPath: z.string(),
                subPath: z.string().optional(),
                readOnly: z.boolean().optional(),
              }),
            ),
          }),
        ]),
        volumes: z.tuple([
          z.strictObject({
            name: z.literal('config'),
            configMap: z.strictObject({ name: z.literal('shop') }),
          }),
          z.strictObject({ name: z.literal('tmp'), emptyDir: z.strictObject({}) }),
        ]),
      }),
    }),
  }),
});
const ConfigMap = z.strictObject({
  ...head('v1', 'ConfigMap'),
  data: z.strictObject({ 'server.yml': z.string() }),
});
const OTHERS = {
  'service.yaml': z.strictObject({
    ...head('v1', 'Service'),
    spec: z.strictObject({
      selector: labels,
      ports: z.tuple([
        z.strictObject({ name: z.literal('http'), port: count, targetPort: z.literal('http') }),
      ]),
    }),
  }),
  'disruption-budget.yaml': z.strictObject({
    ...head('policy/v1', 'PodDisruptionBudget'),
    spec: z.strictObject({ maxUnavailable: z.literal(1), selector }),
  }),
  'autoscaler.yaml': z.strictObject({
    ...head('autoscaling/v2', 'HorizontalPodAutoscaler'),
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({
        apiVersion: z.literal('apps/v1'),
        kind: z.literal('Deployment'),
        name: z.literal('shop'),
      }),
      minReplicas: count,
      maxReplicas: count,
      metrics: z.tuple([
        z.strictObject({
          type: z.literal('Resource'),
          resource: z.strictObject({
            name: z.literal('cpu'),
            target: z.strictObject({ type: z.literal('Utilization'), averageUtilization: count }),
          }),
        }),
      ]),
    }),
  }),
  'prometheus-operator/pod-monitor.yaml': z.strictObject({
    ...head('monitoring.coreos.com/v1', 'PodMonitor'),
    spec: z.strictObject({
      selector,
      podMetricsEndpoints: z.tuple([
        z.strictObject({ port: z.literal('status'), path: z.literal('/metrics'), interval: z.string() }),
      ]),
    }),
  }),
};

const KUBERNETES = 'samples/kubernetes';
const manifest = (name: string): unknown => parse(source(`${KUBERNETES}/${name}`));

describe(KUBERNETES, () => {
  const { spec } = Deployment.parse(manifest('deployment.yaml'));
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const yaml = ConfigMap.parse(manifest('configmap.yaml')).data['server.yml'];
  const portOf = (name: string): number | undefined =>
    container.ports.find((port) => port.name === name)?.containerPort;

  it.each(Object.entries(OTHERS))('%s has the fields of its kind, and no others', (name, schema) => {
    expect(schema.safeParse(manifest(name)).error?.issues).toBeUndefined();
  });

  it('has no unchecked file', () => {
    const files = readdirSync(join(ROOT, KUBERNETES), { recursive: true, encoding: 'utf8' });
    const manifests = files.filter((name) => name.endsWith('.yaml'));
    expect(manifests.sort()).toEqual([...Object.keys(OTHERS), 'configmap.yaml', 'deployment.yaml'].sort());
  });

  it('gives a pod more time than its workers may take to stop', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(longestStopSeconds(engineOf(yaml)));
  });

  it('keeps accepting for longer than the pod takes to be taken out of service', () => {
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(engineOf(yaml).drainDelayMs / 1000).toBeGreaterThan(periodSeconds * failureThreshold);
  });

  it('recycles workers before the container runs out of memory', () => {
    expect(container.resources.requests).toEqual(container.resources.limits);
    expect(shareOfWorkers(engineOf(yaml), Number(container.resources.limits.cpu))).toBeLessThanOrEqual(85);
  });

  it('opens the ports of the configuration, and mounts it where the program reads it', () => {
    const { raw, statusListen } = engineOf(yaml);
    expect(portOf('http')).toBe(raw['port']);
    expect(statusListen).toBe(`0.0.0.0:${String(portOf('status'))}`);
    expect(spec.template.metadata.annotations['prometheus.io/port']).toBe(String(portOf('status')));
    expect(container.volumeMounts).toContainEqual({
      name: 'config',
      mountPath: '/app/server.yml',
      subPath: 'server.yml',
      readOnly: true,
    });
  });
});

describe('samples/docker', () => {
  const dockerfile = source('samples/docker/Dockerfile');
  const engine = engineOf(source('samples/docker/server.yml'));
  const compose = parse(source('samples/docker/compose.yaml')) as {
    services: { shop: { stop_grace_period: string; cpus: number; ports: string[]; read_only: boolean } };
  };
  const { shop } = compose.services;

  it('gives the container more time than its workers may take to stop', () => {
    expect(Number(/^(\d+)s$/.exec(shop.stop_grace_period)?.[1])).toBeGreaterThan(longestStopSeconds(engine));
  });

  it('probes and opens the ports of the configuration', () => {
    const { port } = engine.raw;
    expect(dockerfile).toContain(`\nEXPOSE ${String(port)}\n`);
    expect(shop.ports).toEqual([`${String(port)}:${String(port)}`]);
    expect(dockerfile).toContain(`'http://${String(engine.statusListen)}/readyz'`);
  });

  it('recycles workers before the container runs out of memory', () => {
    expect(shareOfWorkers(engine, shop.cpus)).toBeLessThanOrEqual(85);
  });

  it('runs node itself under an init, and not as root', () => {
    expect(dockerfile).toMatch(
      /\nUSER node\n[\s\S]*\nENTRYPOINT \["\/usr\/bin\/tini", "--"\]\n[\s\S]*CMD \["node", /,
    );
    expect(shop.read_only).toBe(true);
  });
});
