// Draws the charts from the numbers in #numbers, anew where width or colours change.
(() => {
  "use strict";
  const curves = JSON.parse(document.getElementById("numbers").textContent);
  const boxes = [...document.querySelectorAll(".chart")];
  const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const compact = value => value === 0 ? "0" : Math.abs(value) < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(4));
  const drawn = new Map();

  function draw(box) {
    drawn.get(box)?.destroy();
    const chart = curves.charts[box.dataset.chart];
    const percent = chart.unit === "%";
    const show = (value, digits) => value == null ? "–" : percent ? `${+(100 * value).toFixed(digits)} %` : compact(value);
    const line = { stroke: color("--line"), width: 1 };
    const axis = { stroke: color("--soft"), grid: line, ticks: line, font: "12px system-ui, sans-serif" };
    const strokes = [color("--accent"), color("--second")];
    drawn.set(box, new uPlot({
      width: box.clientWidth,
      height: 230,
      scales: { x: { time: false } },
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
        { ...axis, size: 62, values: (_, values) => values.map(value => show(value, 2)) },
      ],
      series: [
        { label: "epoch" },
        ...chart.series.map((series, i) => ({
          label: series.label, stroke: strokes[i], width: 2, dash: i > 0 ? [6, 3] : undefined,
          points: { show: curves.epochs.length <= 40, size: 5, fill: strokes[i] },
          value: (_, value) => show(value, 3),
        })),
      ],
      cursor: { points: { size: 7 } },
    }, [curves.epochs, ...chart.series.map(series => series.values)], box));
    box.querySelector("table").setAttribute("role", "presentation"); // the legend, a row of words
  }

  const drawAll = () => boxes.forEach(draw);
  drawAll();
  let width = document.documentElement.clientWidth;
  addEventListener("resize", () => {
    if (width === document.documentElement.clientWidth) return;
    width = document.documentElement.clientWidth;
    drawAll();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
