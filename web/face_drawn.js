// A face of lines, moved by the same rig: what is shown where there is no WebGL.

const SKIN = "#d9a98c";
const LINE = "#4a3328";
const LIPS = "#b5625c";
const EYE_WHITE = "#f4efe9";
const IRIS = "#51605c";
const MOUTH = "#4a1f1f";
const NOSE = [[168, 6, 197, 195, 5, 4], [98, 97, 2, 326, 327]];

/**
 * Draw a face on a 2D context.
 * @param face a state of the rig: points [478 x 3] in crop pixels
 * @param view left, top: where the crop's point x, y lies on the canvas; scale: canvas pixels of a crop pixel
 */
export function drawFace(paper, tables, face, { left, top, x, y, scale }) {
  const at = (point) => [left + (face.points[3 * point] - x) * scale, top + (face.points[3 * point + 1] - y) * scale];
  const trace = (points, closed) => {
    paper.beginPath();
    const places = points.map(at);
    const middle = (k) => [0, 1].map((axis) => (places[k][axis] + places[(k + 1) % places.length][axis]) / 2);
    paper.moveTo(...(closed ? middle(places.length - 1) : places[0]));
    places.forEach((place, k) => {
      if (closed || k + 1 < places.length) paper.quadraticCurveTo(...place, ...middle(k));
      else paper.lineTo(...place);
    });
  };
  const fill = (points, colour) => {
    trace(points, true);
    paper.fillStyle = colour;
    paper.fill();
  };
  const line = (points, width, closed = false, colour = LINE) => {
    trace(points, closed);
    paper.strokeStyle = colour;
    paper.lineWidth = width * scale;
    paper.stroke();
  };

  paper.save();
  paper.lineJoin = paper.lineCap = "round";
  fill(tables.oval, SKIN);
  line(tables.oval, 2.5, true);
  for (const points of NOSE) line(points, 2);
  for (const eye of tables.eyes) {
    drawEye(paper, eye, at, { fill, line });
    fill([...eye.brow_upper, ...eye.brow_lower.toReversed()], LINE);
  }
  const [upper, lower] = [tables.upper_lip, tables.lower_lip];
  fill([...upper[3], ...lower[3].toReversed()], MOUTH);
  for (const lip of [upper, lower]) fill([...lip[0], ...lip[3].toReversed()], LIPS);
  line([...upper[3], ...lower[3].toReversed()], 1, true);
  paper.restore();
}

function drawEye(paper, eye, at, { fill, line }) {
  fill(eye.opening, EYE_WHITE);
  paper.save();
  paper.clip();
  const [x, y] = at(eye.iris);
  const [rimX, rimY] = at(eye.iris + 1);
  const radius = Math.hypot(rimX - x, rimY - y);
  for (const [part, colour] of [[1, IRIS], [0.45, "#111"]]) {
    paper.beginPath();
    paper.arc(x, y, radius * part, 0, 2 * Math.PI);
    paper.fillStyle = colour;
    paper.fill();
  }
  paper.restore();
  line([eye.outer, ...eye.upper, eye.inner], 3);
  line([eye.outer, ...eye.lower, eye.inner], 1.2);
}
