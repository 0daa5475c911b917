"""A token's path over the map's dots, and the tokens of the shown text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seethrough.core.path_places import path_in
from seethrough.core.plane import pixels_of
from seethrough.view.node import Attributes, Node, h

if TYPE_CHECKING:
    from seethrough.app.state import AppState, Path
    from seethrough.core.cache import Array

FIELDS = ("tokens", "model", "chart_model", "chart_path", "chart_state")
# Beside its dot; and how far over it the name of the last state stands.
ASIDE, OVER = 10, 12


def of_text(state: AppState) -> tuple[int, ...]:
    """The tokens of the shown text, where it is of the map's model; each once."""
    run, atlas = state.run, state.chart.atlas
    if atlas is None or run.model != state.chart.chart_model:
        return ()
    return tuple(dict.fromkeys(token for token in run.ids if token < atlas.n_tokens))


def path_of(state: AppState) -> Path | None:
    """The path that is drawn: of the text that is shown."""
    path = state.chart.chart_path
    return path if path is not None and path.tokens is state.run.tokens else None


def landed_path(state: AppState) -> Array | None:
    """Where the path's states land in the picture [states, 2]; None where there are none."""
    path, chart = path_of(state), state.chart
    if path is None or chart.atlas is None:
        return None
    square = path_in(chart.atlas, chart.chart_layout, path.units, path.nearest)
    wide, high, _ = chart.chart_size
    return None if square is None else pixels_of(square, chart.chart_window, wide, high)


def marks(state: AppState) -> list[Node]:
    """The path up to the chosen state: a line, a dot for each state, a name at the last one."""
    landed, path = landed_path(state), path_of(state)
    if landed is None or path is None:
        return []
    last = len(landed) - 1 if state.chart.chart_state is None else state.chart.chart_state
    points = [(float(across), float(down)) for across, down in landed[: last + 1]]
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    drawn = [h("polyline", {"class": "path-line", "points": line})]
    for at, point in enumerate(points):
        classes = "path-state is-last" if at == last else "path-state"
        drawn.append(dot(point, 6 if at == last else 3, classes))
    for at, (across, down, name) in enumerate(labels(state)):
        place: Attributes = {"x": f"{across:.1f}", "y": f"{down:.1f}"}
        drawn.append(
            h("text", {"class": "path-name is-last" if at else "path-name", **place}, name)
        )
    return drawn


def labels(state: AppState) -> list[tuple[float, float, str]]:
    """Where names of the path begin: its token's own, and the nearest one of the last state."""
    landed, path = landed_path(state), path_of(state)
    if landed is None or path is None or state.chart.atlas is None:
        return []
    last = len(landed) - 1 if state.chart.chart_state is None else state.chart.chart_state
    found = [(0, path.tokens[path.position].visible)]
    if path.nearest is not None and last > 0:
        found.append((last, state.chart.atlas.visible(int(path.nearest.ids[last, 0]))))
    return [(float(landed[at][0]) + ASIDE, float(landed[at][1]) - OVER, name) for at, name in found]


def dot(point: tuple[float, float], radius: int, classes: str) -> Node:
    """One state."""
    place: Attributes = {"cx": f"{point[0]:.1f}", "cy": f"{point[1]:.1f}", "r": radius}
    return h("circle", {"class": classes, **place})
