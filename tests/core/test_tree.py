"""The ways of a text as a tree: shared tokens once, forks by chance, cut off where asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seethrough.core.tokens import NewToken
from seethrough.core.tree import PRESENT, Stretch, Way, n_nodes, pruned, stretches

LETTERS = st.lists(st.integers(0, 2), min_size=1, max_size=7).map(tuple)


def way(index: int, ids: tuple[int, ...]) -> Way:
    """A way of these ids; each token's chance tells its id."""
    return Way(index, tuple(NewToken(one, "", "", 0.5 / (1 + one), one) for one in ids))


def tree_of(*ways: tuple[int, ...]) -> tuple[Stretch, ...]:
    """The tree of some ways, the first the present one."""
    return stretches([way(at - 1, ids) for at, ids in enumerate(ways)])


def walked(tree: tuple[Stretch, ...], before: tuple[int, ...] = ()) -> dict[tuple[int, ...], int]:
    """Where each way that ends is, with its number."""
    found = {}
    for one in tree:
        ids = (*before, *(step.id for step in one.steps))
        if one.ends is not None:
            found[ids] = one.ends.index
        found |= walked(one.forks, ids)
    return found


def test_what_ways_share_stands_once() -> None:
    """Two ways fork where they differ, the likelier first; the present one leads its stretches."""
    tree = tree_of((5, 6, 2, 4), (5, 6, 1))

    assert [step.id for step in tree[0].steps] == [5, 6]
    assert [fork.steps[0].id for fork in tree[0].forks] == [1, 2]
    assert [fork.is_present for fork in tree[0].forks] == [False, True]
    assert [fork.first for fork in tree[0].forks] == [2, 2]
    assert n_nodes(tree) == 5


def test_a_way_may_end_inside_another() -> None:
    """A present text that is the beginning of another way ends there, and the other goes on."""
    tree = tree_of((5, 6), (5, 6, 1))

    assert tree[0].ends is not None
    assert tree[0].ends.index == PRESENT
    assert tree[0].forks[0].ends is not None


@given(st.lists(LETTERS, min_size=1, max_size=8, unique=True))
def test_every_way_is_in_the_tree(ways: list[tuple[int, ...]]) -> None:
    """Read from the prompt on, the tree has each way's very tokens, and each prefix once."""
    tree = tree_of(*ways)
    prefixes = {ids[:end] for ids in ways for end in range(1, len(ids) + 1)}

    assert walked(tree) == {ids: at - 1 for at, ids in enumerate(ways)}
    assert n_nodes(tree) == len(prefixes)


def test_cut_off_where_asked() -> None:
    """What lies at a place and behind it goes; a way that does not go there stays as it is."""
    steps = way(0, (5, 6, 1)).steps

    assert pruned(steps, (5, 6)) == steps[:1]
    assert pruned(steps, (5, 1)) is steps
    assert pruned(steps, ()) is steps
    assert pruned(steps, (5, 6, 1, 2)) is steps
