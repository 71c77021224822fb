import { bytes, clock, delay, percent } from './format.js';
import { el, setText } from './dom.js';

const HEIGHT = 108;
const HOUR_SECONDS = 3600;

const MB = 1024 * 1024;

/** least: the smallest range of the axis. steps: between two ticks of the axis. */
const SCALES = {
  bytes: {
    show: bytes,
    least: 16 * MB,
    steps: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192].map((step) => step * MB),
  },
  delay: {
    show: delay,
    least: 10,
    steps: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000],
  },
  share: { show: percent, least: 1, most: 1, steps: [0.25, 0.5, 1] },
};

const open = new Set();

/** A line over the last hour, or several. The last value stands next to its title, for people who cannot see the line. */
export class Chart {
  #plot;
  #data;
  #size = new ResizeObserver(() => this.#fit());

  constructor({ title, scale, series }) {
    this.scale = SCALES[scale];
    this.series = series;
    this.value = el('span', { class: 'chart-value' });
    this.canvas = el('div', { class: 'chart-plot', 'aria-hidden': 'true' });
    this.title = title;
    this.node = el(
      'figure',
      { class: 'chart' },
      el('figcaption', {}, el('span', {}, title), this.value),
      this.canvas,
    );
    open.add(this);
    this.#size.observe(this.canvas);
  }

  /** columns: times in milliseconds, then one list for each series. now: the value of this moment. */
  set(columns, now) {
    const [at, ...values] = columns;
    this.#data = [at.map((ms) => ms / 1000), ...values];
    setText(this.value, now);
    if (this.#plot) {
      this.#plot.setData(this.#data, false);
      this.#plot.setScale('x', this.#range());
      this.#plot.setScale('y', this.#yRange());
    } else this.#fit();
  }

  /** The colors of the page have changed. */
  redraw() {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#fit();
  }

  remove() {
    open.delete(this);
    this.#size.disconnect();
    this.#plot?.destroy();
    this.node.remove();
  }

  #range() {
    const max = Date.now() / 1000;
    return { min: max - HOUR_SECONDS, max };
  }

  #yRange() {
    const all = this.#data
      .slice(1)
      .flat()
      .filter((value) => value !== null);
    const most = Math.max(this.scale.least, ...all);
    return { min: 0, max: this.scale.most ?? most * 1.1 };
  }

  #fit() {
    const width = Math.floor(this.canvas.clientWidth);
    if (width < 40 || !this.#data || !window.uPlot) return;
    if (this.#plot) {
      if (this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
      return;
    }
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--muted'),
      grid: { stroke: color('--grid'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    this.#plot = new window.uPlot(
      {
        width,
        height: HEIGHT,
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { setScale: false }, sync: { key: 'hour' } },
        hooks: { setCursor: [(plot) => this.#point(plot)] },
        scales: { x: { time: true, auto: false }, y: { auto: false } },
        axes: [
          {
            ...axis,
            size: 22,
            space: 70,
            values: (_, ticks) => ticks.map((tick) => clock(tick * 1000).slice(0, 5)),
          },
          {
            ...axis,
            size: 62,
            space: 26,
            incrs: this.scale.steps,
            values: (_, ticks) => ticks.map((tick) => (tick === 0 ? '0' : this.scale.show(tick))),
          },
        ],
        series: [
          {},
          ...this.series.map(({ color: name, dash, fill }) => ({
            stroke: color(name),
            width: 1.75,
            // One point does not make a line.
            points: { show: (plot) => plot.data[0].length < 4, size: 5 },
            ...(dash && { dash }),
            ...(fill && { fill: color(fill) }),
          })),
        ],
      },
      this.#data,
      this.canvas,
    );
    this.#plot.setScale('x', this.#range());
    this.#plot.setScale('y', this.#yRange());
  }

  /** What lies under the pointer, in words. */
  #point(plot) {
    const { idx } = plot.cursor;
    if (idx === null || idx === undefined) {
      this.canvas.removeAttribute('title');
      return;
    }
    const at = clock(this.#data[0][idx] * 1000);
    const values = this.series.map(
      ({ name }, index) => `${name} ${this.scale.show(this.#data[index + 1][idx])}`,
    );
    this.canvas.title = `${at}: ${values.join(', ')}`;
  }
}

const scheme = matchMedia('(prefers-color-scheme: dark)');
scheme.addEventListener('change', () => {
  for (const chart of open) chart.redraw();
});
